"""The dialect of MATLAB Production Server."""

from __future__ import annotations

from pathlib import Path

from dialect import Dialect, Variant, docker_build, started_as

_SERVER = Path(__file__).parent / "matlab"


def _build(base_image: str, variant: Variant) -> str:
    image = docker_build(_SERVER, "oaas-test-matlab", base_image)
    return image if variant is Variant.NORMAL else started_as(image, variant)


DIALECT = Dialect(name="matlab", build=_build, lacks=frozenset({"progress", "log"}))
