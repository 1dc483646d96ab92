"""What passes through the proxy of an instance, and how: HTTP."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import uuid

import pytest
from direct_bench import Bench, answer, chunks

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]


def _said(wire_json: dict[str, object], name: str) -> list[str]:
    headers = wire_json["headers"]
    assert isinstance(headers, list)
    return [value for each, value in headers if each.lower() == name.lower()]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY", "TRACE"])
async def test_methods(direct: Bench, method: str) -> None:
    wire = await direct.ask("{proxy}/x", method=method)
    assert wire.status == 200, wire
    assert wire.json["line"] == f"{method} /x HTTP/1.1"


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/a%2Fb",
        "/a%2fb",
        "/%2e%2e/%2E%2e/etc",
        "/../../algorithms",
        "/a/./b/../c",
        "//double//slash/",
        "//127.0.0.1/x",
        "/http://127.0.0.1/x",
        "/@127.0.0.1/x",
        "/user:secret@127.0.0.1/",
        "/a%00b%0Ac%0D%0AX:1",
        "/a;b=c,d'e(f)*g!h$i&j=k~l",
        "/a%20b%C3%BC%zz%",
        "/[x]|{y}^`z`",
        "/?",
        "/?a=b&a=c&d",
        "/?q=%2F%2e%26+%zz",
        "/?http://127.0.0.1/@x#y",
        "/p?next=//127.0.0.1/&x=/../..",
        "/back\\slash\\..\\x",
    ],
)
async def test_targets_pass_byte_for_byte(direct: Bench, target: str) -> None:
    wire = await direct.ask("{proxy}" + target)
    assert wire.status == 200, wire
    expected = target.partition("#")[0]
    # A question mark with nothing behind it is not told apart from none.
    assert wire.json["line"] == f"GET {expected.removesuffix('?') if expected == '/?' else expected} HTTP/1.1"


async def test_the_directory_itself(direct: Bench) -> None:
    wire = await direct.ask("{proxy}?a=b")
    assert (wire.status, wire.all("location")) == (308, ["proxy/?a=b"])


async def test_headers_of_the_request(direct: Bench) -> None:
    wire = await direct.ask(
        "{proxy}/x",
        "Host: node.example:5000",
        "Accept: a/b",
        "X-Twice: 1",
        "X-Twice: 2",
        "Range: bytes=1-2",
        'If-None-Match: W/"e"',
        "X-Text: Grüße".encode().decode("latin-1"),
        "Via: 1.0 before",
        "Forwarded: for=7.7.7.7;host=evil",
        "X-Forwarded-For: 6.6.6.6",
        "X-Forwarded-Port: 1",
        "X-Forwarded-Prefix: /evil",
        "X-Real-IP: 7.7.7.7",
        "Cookie: a=1; oaas_session=node; b=2",
        "Cookie: __Host-oaas=node; c=3",
        "Authorization: Bearer of-the-node",
        "X-API-Key: of-the-node",
        "X-Instance-Authorization: Bearer of-the-instance",
        "Connection: keep-alive, X-Hop, Via",
        "X-Hop: 1",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Proxy-Authorization: Basic eA==",
        "Proxy-Connection: keep-alive",
        "Upgrade: h2c",
    )
    came = wire.json["headers"]
    instance = next(value for name, value in came if name.lower() == "host")
    assert re.fullmatch(r"[0-9.]+:8080", instance), came
    expected = [
        ("host", instance),
        ("accept", "a/b"),
        ("x-twice", "1"),
        ("x-twice", "2"),
        ("range", "bytes=1-2"),
        ("if-none-match", 'W/"e"'),
        ("x-text", "Grüße".encode().decode("latin-1")),
        ("cookie", "a=1; b=2; c=3"),
        ("authorization", "Bearer of-the-instance"),
        ("via", "1.0 before, 1.1 oaas"),
        # What a caller says of others is not believed.
        ("forwarded", 'for=127.0.0.1;host="node.example:5000";proto=http'),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "node.example:5000"),
        ("x-forwarded-prefix", direct.prefix),
        ("x-forwarded-proto", "http"),
        ("connection", "close"),
    ]
    assert sorted((name.lower(), value) for name, value in came) == sorted(expected)


async def test_what_is_added_to_a_bare_request(direct: Bench) -> None:
    came = {name.lower(): value for name, value in (await direct.ask("{proxy}/x")).json["headers"]}
    forwarded = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-prefix", "x-forwarded-proto"}
    assert came.keys() == {"host", "via", "connection", *forwarded}
    assert came["x-forwarded-for"] == "127.0.0.1"


async def test_a_header_that_is_no_text(direct: Bench) -> None:
    wire = await direct.ask("{proxy}/x", "X-Text: \xff\xfe")
    assert (wire.status, wire.json["code"]) == (422, "invalidDocument")


async def test_bodies_with_a_length_and_in_chunks(direct: Bench) -> None:
    body = gzip.compress(b"not to be unpacked")
    wire = await direct.ask("{proxy}/x", "Content-Encoding: gzip", "Content-Type: a/b", method="PUT", body=body)
    assert wire.json["body"].encode("latin-1") == body
    assert _said(wire.json, "content-length") == [str(len(body))]
    assert (_said(wire.json, "content-encoding"), _said(wire.json, "content-type")) == (["gzip"], ["a/b"])
    head = f"POST {direct.prefix}/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
    wire = await direct.send(head.encode() + b"3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-T: 1\r\n\r\n")
    assert wire.json["body"] == "abcde"
    assert _said(wire.json, "transfer-encoding") == ["chunked"]
    assert _said(wire.json, "trailer") == []


async def test_a_body_of_a_get(direct: Bench) -> None:
    wire = await direct.ask("{proxy}/x", method="GET", body=b"query")
    assert (wire.json["line"], wire.json["body"]) == ("GET /x HTTP/1.1", "query")


async def test_headers_of_the_answer(direct: Bench) -> None:
    wire = await direct.answers(
        'HTTP/1.1 203 Fine\r\nContent-Length: 2\r\nServer: theirs\r\nETag: "e"\r\nX-Twice: 1\r\nX-Twice: 2\r\n'
        "Content-Range: bytes 1-2/9\r\nContent-Encoding: gzip\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\n"
        "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nVia: 1.1 inner\r\nContent-Security-Policy: default-src 'self'\r\n"
        "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nClear-Site-Data: *\r\n"
        'Strict-Transport-Security: max-age=1\r\nAlt-Svc: h2=":1"\r\nService-Worker-Allowed: /\r\n\r\nok'
    )
    assert (wire.status, wire.body) == (203, b"ok")
    assert len(wire.all("date")) == 1
    came = sorted((name.lower(), value) for name, value in wire.headers if name.lower() != "date")
    sandbox = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"
    assert came == [
        ("access-control-allow-origin", "*"),
        ("content-encoding", "gzip"),
        ("content-length", "2"),
        ("content-range", "bytes 1-2/9"),
        ("content-security-policy", "default-src 'self'"),
        ("content-security-policy", sandbox),
        ("etag", '"e"'),
        ("server", "theirs"),
        ("via", "1.1 inner, 1.1 oaas"),
        ("x-twice", "1"),
        ("x-twice", "2"),
    ]


async def test_cookies_of_instances(direct: Bench) -> None:
    wire = await direct.answers(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=1; Path=/app; HttpOnly; Domain=node.example\r\n"
        "Set-Cookie: b=2\r\nSet-Cookie: oaas_session=x; Path=/\r\nSet-Cookie: __Host-s=1; Path=/; Secure\r\n\r\n"
    )
    assert wire.all("set-cookie") == [f"a=1; Path={direct.prefix}/app; HttpOnly", f"b=2; Path={direct.prefix}/"]


@pytest.mark.parametrize("status", ["201 C", "299 Odd", "400 B", "401 U", "404 N", "418 T", "500 E", "503 S", "599 Z"])
async def test_statuses(direct: Bench, status: str) -> None:
    wire = await direct.answers(f"HTTP/1.1 {status}\r\nContent-Length: 1\r\n\r\nx")
    assert (wire.status, wire.body) == (int(status[:3]), b"x")


async def test_answers_without_a_body(direct: Bench) -> None:
    assert (await direct.answers("HTTP/1.1 204 No\r\n\r\n")).status == 204
    wire = await direct.answers('HTTP/1.1 304 Same\r\nETag: "e"\r\nContent-Length: 77\r\n\r\n')
    assert (wire.status, wire.all("etag")) == (304, ['"e"'])
    wire = await direct.ask("{proxy}/x", method="HEAD")
    assert wire.status == 200
    assert int(wire.all("content-length")[0]) > 100
    assert wire.all("transfer-encoding") == []


async def test_answers_in_chunks_and_until_the_end(direct: Bench) -> None:
    chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"
    wire = await direct.answers(chunked)
    assert (wire.body, wire.all("transfer-encoding"), wire.all("trailer")) == (b"abc", ["chunked"], [])
    assert (await direct.answers("HTTP/1.0 200 OK\r\n\r\nuntil the end")).body == b"until the end"


async def test_early_hints_are_passed_over(direct: Bench) -> None:
    hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    assert (await direct.answers(hints)).body == b"ok"


def _expecting(bench: Bench, target: str) -> bytes:
    head = f"POST {bench.prefix}{target} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    return head.encode()


async def test_a_body_that_is_sent_when_it_is_wanted(direct: Bench) -> None:
    async with direct.connected() as (reader, writer):
        writer.write(_expecting(direct, "/x"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body")
        wire = await answer(reader)
    assert (wire.json["body"], _said(wire.json, "expect")) == ("body", ["100-continue"])


async def test_a_body_that_is_not_wanted(direct: Bench) -> None:
    async with direct.connected() as (reader, writer):
        writer.write(_expecting(direct, "/refuse"))
        wire = await answer(reader)
    assert (wire.status, wire.informational) == (417, [])


async def test_an_answer_before_the_body_has_come(direct: Bench) -> None:
    async with direct.connected() as (reader, writer):
        writer.write(f"POST {direct.prefix}/refuse HTTP/1.1\r\nHost: x\r\nContent-Length: {2**30}\r\n\r\n".encode())
        writer.write(bytes(1000))
        assert (await answer(reader)).status == 417


async def test_an_instance_that_says_nothing_about_the_body(direct: Bench) -> None:
    async with direct.connected() as (reader, writer):
        writer.write(_expecting(direct, "/x?continue=no"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body")
        assert (await answer(reader)).json["body"] == "body"


async def test_chunks_of_an_answer_come_as_they_are_sent(direct: Bench) -> None:
    name = uuid.uuid4().hex
    async with direct.connected() as (reader, writer):
        writer.write(f"GET {direct.prefix}/gate?name={name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        pieces = chunks(reader)
        assert await asyncio.wait_for(anext(pieces), 20) == b"first"
        await direct.ask(f"{{proxy}}/open?name={name}")
        assert await asyncio.wait_for(anext(pieces), 20) == b"second"


async def test_both_directions_at_once(direct: Bench) -> None:
    async with direct.connected() as (reader, writer):
        writer.write(f"POST {direct.prefix}/mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        writer.write(b"3\r\none\r\n")
        await reader.readuntil(b"\r\n\r\n")
        pieces = chunks(reader)
        assert await asyncio.wait_for(anext(pieces), 20) == b"one"
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")
        assert await asyncio.wait_for(anext(pieces), 20) == b"two"


async def test_several_requests_on_a_connection(direct: Bench) -> None:
    request = f"POST {direct.prefix}/%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
    async with direct.connected() as (reader, writer):
        for number in range(3):
            writer.write((request % number).encode())
        for number in range(3):
            assert (await answer(reader)).json["line"] == f"POST /{number} HTTP/1.1"


async def test_nothing_of_it_is_in_the_contract(direct: Bench) -> None:
    contract = await direct.node.get("/openapi.json")
    assert json.dumps(contract).count("/proxy") == 0
