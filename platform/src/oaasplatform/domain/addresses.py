"""Addresses of other programs' APIs."""

from __future__ import annotations

from urllib.parse import urlsplit


def base_url(text: str) -> str:
    """A URL below which an API is, without a slash at its end.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(text)
    try:
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or parts.username is not None or not text.isprintable():
        raise ValueError("give it like http://host:port")
    return text.rstrip("/")


def host_and_port(url: str) -> tuple[str, int]:
    """Of a URL that :func:`base_url` has seen."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
