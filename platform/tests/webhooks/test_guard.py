"""No URL of a user makes the node connect to what only the node reaches (SSRF)."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from receivers import Receiver

from oaasplatform.domain.webhooks import callback_host
from oaasplatform.webhooks.base import Message
from oaasplatform.webhooks.connections import SystemResolver
from oaasplatform.webhooks.guard import Guard, TargetRefused
from oaasplatform.webhooks.sending import NotDelivered, Sender
from oaasplatform.webhooks.signing import new_secret


def new_sender(guard: Guard, resolver: AbstractResolver) -> Sender:
    sender = Sender(guard, resolver, connections=1)
    sender.secret = new_secret()
    return sender


MESSAGE = Message(number=1, id="node-1-1", body=b'{"sequence":1}')

REFUSED = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "0",
    "127.0.0.1.",
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:5ef5:79fb::1",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "4000::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "134744072", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("host", REFUSED)
def test_what_is_not_public_is_refused(host: str) -> None:
    with pytest.raises(TargetRefused, match="OAAS_CALLBACK_ALLOW"):
        Guard([]).check_host(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_what_is_public_is_not(host: str) -> None:
    Guard([]).check_host(host)


@pytest.mark.parametrize(
    ("allowed", "host", "address"),
    [
        ("10.0.0.0/8", "internal.example.org", "10.1.2.3"),
        ("10.0.0.0/8", "internal.example.org", "::ffff:10.1.2.3"),
        ("fd00::/8", "internal.example.org", "fd00::1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("Hooks.Internal.", "hooks.internal", "10.1.2.3"),
        ("hooks.internal", "HOOKS.internal.", "10.1.2.3"),
    ],
)
def test_what_is_allowed_is_not(allowed: str, host: str, address: str) -> None:
    Guard([allowed]).check(host, [address])


@pytest.mark.parametrize(
    ("allowed", "host", "addresses"),
    [
        ("10.0.0.0/8", "internal.example.org", ["10.1.2.3", "127.0.0.1"]),
        ("", "rebinding.example.org", ["8.8.8.8", "127.0.0.1"]),
        ("hooks.internal", "evil.hooks.internal", ["10.1.2.3"]),
        ("hooks.internal", "hooks.internal.evil.com", ["10.1.2.3"]),
    ],
)
def test_one_bad_address_is_enough(allowed: str, host: str, addresses: list[str]) -> None:
    with pytest.raises(TargetRefused):
        Guard([allowed] if allowed else []).check(host, addresses)


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "*", "http://hooks.internal", "a b", "127.1", ""])
def test_a_bad_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="is no network, address or name"):
        Guard([entry])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.org", "example.org"),
        ("HTTP://Example.ORG:8080/x?y=1#z", "example.org"),
        ("http://[::1]:80/", "::1"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
    ],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    assert callback_host(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://user:password@example.org",
        "http://127.0.0.1\\@example.org",
        "http://example.org/a b",
        "http://example.org/\r\nx: y",
        "http://ex\N{LATIN SMALL LETTER A WITH DIAERESIS}mple.org",
        "http://example.org:99999",
        "http://example.org:0",
        "http://[::1",
        "http://example.org/" + "x" * 2000,
    ],
)
def test_bad_urls(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        callback_host(url)


class Names(AbstractResolver):
    """Answers as it is told, one answer after the other; counts the questions."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.questions = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.questions += 1
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=6, flags=0)]

    async def close(self) -> None:
        pass


async def test_a_name_is_resolved_once_and_the_connection_is_to_that_address(receiver: Receiver) -> None:
    """A second answer, as of a name server that changes it between check and connection, is never asked for."""
    names = Names("127.0.0.2", "127.0.0.1")
    sender = new_sender(Guard(["127.0.0.2"]), names)
    async with Receiver(host="127.0.0.2", port=receiver.port) as checked:
        await sender.send(f"http://changing.example.org:{receiver.port}", MESSAGE)
    await sender.close()
    assert names.questions == 1
    assert (len(checked.received), len(receiver.received)) == (1, 0)
    assert checked.received[0].headers["Host"] == f"changing.example.org:{receiver.port}"


async def test_an_answer_that_changes_is_checked_again(receiver: Receiver) -> None:
    async def and_close(request: web.Request) -> web.Response:
        answer = web.Response()
        answer.force_close()
        return answer

    receiver.answer = and_close
    names = Names("127.0.0.1", "127.0.0.3")
    sender = new_sender(Guard(["127.0.0.1"]), names)
    url = receiver.url.replace("127.0.0.1", "changing.example.org")
    await sender.send(url, MESSAGE)
    with pytest.raises(NotDelivered, match=r"127\.0\.0\.3") as failure:
        await sender.send(url, MESSAGE)
    await sender.close()
    assert failure.value.final
    assert len(receiver.received) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"])
async def test_nothing_is_sent_to_loopback(host: str, receiver: Receiver) -> None:
    sender = new_sender(Guard([]), SystemResolver(1))
    with pytest.raises(NotDelivered, match="OAAS_CALLBACK_ALLOW") as failure:
        await sender.send(receiver.url.replace("127.0.0.1", host), MESSAGE)
    await sender.close()
    assert failure.value.final
    assert not receiver.received


async def test_a_name_that_is_none(receiver: Receiver) -> None:
    sender = new_sender(Guard([]), SystemResolver(1))
    with pytest.raises(NotDelivered) as failure:
        await sender.send("http://no-such-host.invalid/", MESSAGE)
    await sender.close()
    assert not failure.value.final


async def test_a_certificate_has_to_be_good(tmp_path: Path) -> None:
    async with Receiver(host="127.0.0.1", tls=_self_signed(tmp_path, "hooks.example.org")) as receiver:
        sender = new_sender(Guard(["hooks.example.org"]), Names("127.0.0.1"))
        with pytest.raises(NotDelivered, match="certificate") as failure:
            await sender.send(receiver.url.replace("127.0.0.1", "hooks.example.org"), MESSAGE)
        await sender.close()
    assert not failure.value.final
    assert not receiver.received


def _self_signed(directory: Path, name: str) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context
