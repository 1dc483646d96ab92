"""Where a request goes and what passes, for anything that a caller may send."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oaasplatform.domain.exchanges import Behind, Request
from oaasplatform.protocols.passthrough import cookies, fields
from oaasplatform.protocols.passthrough.addresses import location_for_caller, target_url

PREFIX = "/algorithmRepositoriesInstances/5/proxy"
_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E))
_NASTY = st.lists(
    st.sampled_from(
        ["/", "//", "..", "%2e", "%2F", "@", ":", "\\", "http:", "127.0.0.1", "[::1]", ";", "&", "%0d%0a", "a"]
    )
).map("".join)
_PATHS = st.one_of(_TEXT, _NASTY).map(lambda text: f"/{text}")
_QUERIES = st.one_of(_TEXT, _NASTY)
_BASES = st.sampled_from(["http://172.28.0.2:8080", "http://127.0.0.1:1", "http://[fd00::2]:8080", "http://10.0.0.1"])


@given(base=_BASES, path=_PATHS, query=_QUERIES)
@example(base="http://172.28.0.2:8080", path="//evil.example/", query="")
@example(base="http://172.28.0.2:8080", path="/\\evil.example", query="@evil.example")
def test_every_target_is_the_instance(base: str, path: str, query: str) -> None:
    url = target_url(base, path.encode(), query.encode())
    bare = target_url(base, b"/", b"")
    assert (url.scheme, url.raw_host, url.port, url.raw_user) == (bare.scheme, bare.raw_host, bare.port, None)
    assert f"{bare.scheme}://{bare.raw_authority}" == base
    assert url.raw_path_qs == (f"{path}?{query}" if query else path)
    assert url.raw_fragment == ""


@given(location=st.one_of(_TEXT, _NASTY, st.text()), path=_PATHS)
def test_every_location_leads_through_the_proxy_or_is_left_alone(location: str, path: str) -> None:
    asked = target_url("http://172.28.0.2:8080", path.encode(), b"")
    found = location_for_caller(location, asked, Behind(PREFIX))
    assert found == location or found.startswith(f"{PREFIX}/")


@pytest.mark.parametrize(
    ("base", "location", "expected"),
    [
        ("http://[fd00::2]:8080", "http://[fd00::2]:8080/x", f"{PREFIX}/x"),
        ("http://[FD00::2]:8080", "http://[fd00::2]:8080/x", f"{PREFIX}/x"),
        ("http://10.0.0.1:80", "http://10.0.0.1/x", f"{PREFIX}/x"),
        ("http://10.0.0.1:80", "http://10.0.0.1:443/x", "http://10.0.0.1:443/x"),
        ("http://10.0.0.1:80", "http://10.0.0.1:99999/x", "http://10.0.0.1:99999/x"),
    ],
)
def test_locations_at_other_ways_to_write_the_address(base: str, location: str, expected: str) -> None:
    assert location_for_caller(location, target_url(base, b"/", b""), Behind(PREFIX)) == expected


def _request(*headers: tuple[bytes, bytes], client: str | None = "192.0.2.1") -> Request:
    return Request(
        method="POST",
        path=b"/",
        query=b"",
        headers=headers,
        client=client,
        scheme="https",
        mount=Behind(PREFIX),
    )


@pytest.mark.parametrize("name", [b"Connection", b"connection"])
def test_framing_can_not_be_declared_away(name: bytes) -> None:
    request = _request((b"content-length", b"3"), (name, b"content-length, host, via, X-Forwarded-For"))
    sent = fields.to_instance(request, has_body=True)
    assert (sent["Content-Length"], sent["Via"], sent["X-Forwarded-For"]) == ("3", "1.1 oaas", "192.0.2.1")


@pytest.mark.parametrize("name", [b"x_forwarded_for", b"X-Forwarded_For", b"X_Real_IP", b"Authorization", b"x_api_key"])
def test_claims_that_are_written_differently(name: bytes) -> None:
    sent = fields.to_instance(_request((name, b"6.6.6.6"), (b"x_own", b"1")), has_body=False)
    assert "6.6.6.6" not in sent.values()
    assert sent["x_own"] == "1"


def test_addresses_of_version_6_and_none() -> None:
    quoted = fields.to_instance(_request((b"host", b'a"b\\c'), client="fd00::1"), has_body=False)
    assert quoted["Forwarded"] == 'for="[fd00::1]";host="a\\"b\\\\c";proto=https'
    assert quoted["X-Forwarded-For"] == "fd00::1"
    assert fields.to_instance(_request(client=None), has_body=False)["X-Forwarded-For"] == "unknown"


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [
        (b"OAAS_session=1; a=2", b"a=2"),
        (b"a=2;__Secure-oaas=1;b", b"a=2; b"),
        (b" oaas=1 ", None),
        (b"", None),
        (b"notoaas=1", b"notoaas=1"),
    ],
)
def test_cookies_to_instances(cookie: bytes, kept: bytes | None) -> None:
    assert cookies.to_instance(cookie) == kept


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [
        (b"a=1", b"a=1; Path=/p/"),
        (b"a=1; path = /x ; SECURE", b"a=1; Path=/p/x; SECURE"),
        (b"a=1; Path=/p/x", b"a=1; Path=/p/x"),
        (b"a=1; Path=relative; DOMAIN=x", b"a=1; Path=/p/"),
        (b"a=1; Path=/x; Path=/", b"a=1; Path=/p/"),
        (b"oaas=1", None),
        (b" oaas = 1", None),
    ],
)
def test_cookies_to_callers(cookie: bytes, kept: bytes | None) -> None:
    assert cookies.to_caller(cookie, Behind("/p")) == kept
