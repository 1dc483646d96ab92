"""The native dialect: an image made with the SDK."""

from __future__ import annotations

from pathlib import Path

from dialect import Dialect, Variant, started_as

from oaasplatform.cli.images.build import build_image


def _build(base_image: str, variant: Variant) -> str:
    image = build_image(Path(__file__).parent / "oaas", "conformance", base_image=base_image, tell=lambda _: None)
    return image if variant is Variant.NORMAL else started_as(image, variant)


DIALECT = Dialect(name="oaas", build=_build, lacks=frozenset({"interrupt_is_refused_with_a_reason"}))
