"""Files in and out of containers: the engine speaks tar."""

from __future__ import annotations

import io
import tarfile
from collections.abc import AsyncIterator
from pathlib import PurePosixPath

import aiohttp

_BLOCK = 512
_CHUNK = 64 * 1024
_READABLE = 0o444
_EXTENSIONS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)


def archive_of(path: str, content: bytes) -> bytes:
    """A tar archive with one file that everybody may read, named by the last part of ``path``."""
    buffer = io.BytesIO()
    target = PurePosixPath(path)
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(target.name)
        info.size = len(content)
        info.mode = _READABLE
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


async def first_file(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The content of the first regular file in an archive, in chunks; nothing if there is none.

    The archive comes from an untrusted container: nothing of it is held but one chunk.
    """
    while True:
        try:
            header = await stream.readexactly(_BLOCK)
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except (EOFError, tarfile.HeaderError):  # an incomplete read is an EOFError
            return
        rest = info.size
        while rest and (chunk := await stream.read(min(rest, _CHUNK))):
            rest -= len(chunk)
            if info.isreg():
                yield chunk
        if info.type not in _EXTENSIONS:
            return
        await stream.readexactly(-info.size % _BLOCK)
