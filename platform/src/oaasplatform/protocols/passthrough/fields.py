"""Which header fields pass, in both directions (RFC 9110, section 7.6), and what the node adds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from multidict import CIMultiDict
from yarl import URL

from oaasplatform.domain.errors import ContractBroken, InvalidDocument
from oaasplatform.domain.exchanges import Headers, Mount, Request
from oaasplatform.protocols.passthrough import cookies
from oaasplatform.protocols.passthrough.addresses import location_for_caller

INSTANCE_AUTHORIZATION = b"x-instance-authorization"
"""Reaches the instance as ``Authorization``."""
_CREDENTIALS = frozenset({b"authorization", b"x-api-key"})
"""What callers show to us. This is the one place that keeps it from other servers."""
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_FORWARDED = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
        b"x-forwarded-proto",
        b"x-forwarded-server",
        b"x-forwarded-ssl",
        b"x-real-ip",
    }
)
"""Written anew: what a caller claims about itself would be taken for the node's word."""
_HANDSHAKE = frozenset(
    {
        b"sec-websocket-accept",
        b"sec-websocket-extensions",
        b"sec-websocket-key",
        b"sec-websocket-protocol",
        b"sec-websocket-version",
    }
)
_OF_THE_ORIGIN = frozenset(
    {
        b"accept-ch",
        b"access-control-allow-credentials",
        b"alt-svc",
        b"clear-site-data",
        b"nel",
        b"report-to",
        b"reporting-endpoints",
        b"service-worker-allowed",
        b"strict-transport-security",
        b"use-as-dictionary",
    }
)
"""What a browser would take as said about the node itself, and keep for all of its pages."""
SANDBOX = b"sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"
"""Pages of instances have an origin of their own: their scripts can't call the node as the person who looks at them."""
_VIA = b"1.1 oaas"
_UNSPEAKABLE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def to_instance(request: Request, *, has_body: bool) -> CIMultiDict[str]:
    """Fields of the request to the instance; ``Host`` is left to whoever sends it.

    Raises:
        InvalidDocument: one that can't be passed on.
    """
    sent: CIMultiDict[str] = CIMultiDict()
    dropped = _HOP_BY_HOP | _listed(request.headers) | _FORWARDED | _HANDSHAKE | _CREDENTIALS
    dropped |= {INSTANCE_AUTHORIZATION, b"host", b"content-length", b"via", b"cookie"}
    for name, value in request.headers:
        # Some servers can't tell X_Real_IP from X-Real-IP.
        if name.lower().replace(b"_", b"-") not in dropped:
            sent.add(name.decode("ascii"), _text(name, value))
    jar = cookies.to_instance(b"; ".join(_all(request.headers, b"cookie")))
    if jar is not None:
        sent.add("Cookie", _text(b"cookie", jar))
    sent.extend(_authorization(request))
    chunked = any(_all(request.headers, b"transfer-encoding"))
    for value in _all(request.headers, b"content-length"):
        if has_body and not chunked:
            sent["Content-Length"] = _text(b"content-length", value)
    via = [*_all(request.headers, b"via"), _VIA]
    sent.add("Via", _text(b"via", b", ".join(via)))
    sent.extend(_forwarded(request))
    return sent


def to_caller(raw: Headers, request: Request, asked: URL, status: int) -> Headers:
    """Fields of the answer to the caller. Raises ``ContractBroken`` for those that no answer may have."""
    # The server that answers the caller writes a date, and wants no length where there is no body.
    dropped = _HOP_BY_HOP | _listed(raw) | _OF_THE_ORIGIN | _HANDSHAKE | {b"date", b"via"}
    if status in (204, 304):
        dropped |= {b"content-length"}
    answer = []
    for name, value in raw:
        if _UNSPEAKABLE.search(name) or _UNSPEAKABLE.search(value):
            raise ContractBroken("The instance's answer has control characters in its headers.")
        match name.lower():
            case dropped_name if dropped_name in dropped:
                continue
            case b"set-cookie":
                cookie = cookies.to_caller(value, request.mount)
                if cookie is not None:
                    answer.append((name, cookie))
            case b"location":
                answer.append((name, _location(value, asked, request.mount)))
            case _:
                answer.append((name, value))
    answer.append((b"content-security-policy", SANDBOX))
    answer.append((b"via", b", ".join([*_all(raw, b"via"), _VIA])))
    return tuple(answer)


def _all(headers: Headers, wanted: bytes) -> Iterator[bytes]:
    return (value for name, value in headers if name.lower() == wanted)


def _listed(headers: Headers) -> frozenset[bytes]:
    """Names that ``Connection`` declares to be for one hop only."""
    return frozenset(
        name for value in _all(headers, b"connection") for each in value.split(b",") if (name := each.strip().lower())
    )


def _text(name: bytes, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"The header {name.decode('latin-1')} is not UTF-8.") from error


def _forwarded(request: Request) -> list[tuple[str, str]]:
    host = next((_text(b"host", value) for value in _all(request.headers, b"host")), "")
    client = request.client or "unknown"
    node = f'"[{client}]"' if ":" in client else client
    named = host.replace("\\", "\\\\").replace('"', '\\"')
    prefix = [("X-Forwarded-Prefix", request.mount.prefix)] if request.mount.prefix else []
    return [
        *prefix,
        ("Forwarded", f'for={node};host="{named}";proto={request.scheme}'),
        ("X-Forwarded-For", client),
        ("X-Forwarded-Host", host),
        ("X-Forwarded-Proto", request.scheme),
    ]


def _authorization(request: Request) -> list[tuple[str, str]]:
    meant = [_text(INSTANCE_AUTHORIZATION, value) for value in _all(request.headers, INSTANCE_AUTHORIZATION)]
    if request.authorization is None:
        return [("Authorization", value) for value in meant]
    # The server is no instance, and passes it on to one.
    return [("Authorization", request.authorization), *(("X-Instance-Authorization", value) for value in meant)]


def _location(value: bytes, asked: URL, mount: Mount) -> bytes:
    try:
        return location_for_caller(value.decode("ascii"), asked, mount).encode("ascii")
    except UnicodeError:
        return value
