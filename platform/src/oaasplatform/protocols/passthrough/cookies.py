"""Cookies of instances: each sees its own only, and never those of the node, whose origin they all share."""

from __future__ import annotations

import re

from oaasplatform.domain.exchanges import Mount

_OF_THE_NODE = re.compile(rb"(?:__Host-|__Secure-)?oaas", re.IGNORECASE)
"""How the names of the node's own cookies begin."""


def to_instance(header: bytes) -> bytes | None:
    """A ``Cookie`` header without the cookies of the node; None when nothing is left."""
    kept = [pair for each in header.split(b";") if (pair := each.strip()) and not _OF_THE_NODE.match(pair)]
    return b"; ".join(kept) or None


def to_caller(header: bytes, mount: Mount) -> bytes | None:
    """A ``Set-Cookie`` header that holds where its server is mounted only; None if it can't, or has a name of ours."""
    pair, *attributes = (each.strip() for each in header.split(b";"))
    if _OF_THE_NODE.match(pair) or pair.lower().startswith(b"__host-"):
        # Browsers take __Host- cookies with the path / only.
        return None
    path = b"/"
    kept = []
    for attribute in attributes:
        name, _, value = attribute.partition(b"=")
        match name.strip().lower():
            case b"path":
                path = value.strip() if value.strip().startswith(b"/") else b"/"
            case b"domain":
                continue
            case _:
                kept.append(attribute)
    outside = mount.outside(path.decode("latin-1"))
    if outside is None:
        return None
    return b"; ".join([pair, b"Path=" + outside.encode("latin-1"), *kept])
