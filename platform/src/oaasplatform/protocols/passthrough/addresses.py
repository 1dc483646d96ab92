"""Where a request goes, and where a redirect of an instance leads to."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from yarl import URL

from oaasplatform.domain.errors import InvalidDocument
from oaasplatform.domain.exchanges import Mount

_DEFAULT_PORTS = {"http": 80, "https": 443}


def target_url(base_url: str, path: bytes, query: bytes) -> URL:
    """The instance's URL of a request.

    Scheme, host and port are those of ``base_url``, whatever path and query are made of: they are never parsed, and
    written to the wire byte for byte.

    Raises:
        InvalidDocument: there are bytes that no address may have (RFC 3986, section 2).
    """
    if not (path.isascii() and query.isascii()):
        raise InvalidDocument("The path or query has bytes that are not ASCII; write them as %XX.")
    base = urlsplit(base_url)
    host = f"[{base.hostname}]" if ":" in (base.hostname or "") else base.hostname or ""
    return URL.build(
        scheme=base.scheme,
        authority=host if base.port is None else f"{host}:{base.port}",
        path=path.decode("ascii"),
        query_string=query.decode("ascii"),
        encoded=True,
    )


def location_for_caller(location: str, asked: URL, mount: Mount) -> str:
    """``Location`` of an answer to a request for ``asked``: within the server it leads to where that is mounted.

    Any other place is the caller's to go to or not, and passes as it is.
    """
    try:
        there = urlsplit(urljoin(str(asked), location))
        own = _origin(there.scheme, there.hostname, there.port) == _origin(asked.scheme, asked.raw_host, asked.port)
    except ValueError:
        return location
    if not own:
        return location
    path = mount.outside(there.path or "/")
    return there.geturl() if path is None else there._replace(scheme="", netloc="", path=path).geturl()


def _origin(scheme: str, host: str | None, port: int | None) -> tuple[str, str, int | None]:
    return scheme, (host or "").strip("[]").lower(), port or _DEFAULT_PORTS.get(scheme)
