"""What an image that Cog built says about itself."""

from __future__ import annotations

import re

import msgspec

from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import ContractBroken
from oaasplatform.domain.images import Image, image_name

_LABELS = ("run.cog.", "org.cogmodel.")
"""How labels of ``cog build`` begin, those of today and of the first versions."""
_CONFIG = "run.cog.config"
_MOST_AT_A_TIME = 1000
_NAMELESS = re.compile(r"(sha256:)?[0-9a-f]{12,64}")

DEFAULT_NAME = "predict"
"""Of the algorithm in an image without a name."""


class _Concurrency(msgspec.Struct):
    max: int | None = None


class _Config(msgspec.Struct):
    """``cog.yaml``"""

    concurrency: _Concurrency | None = None


def is_cog(image: Image) -> bool:
    """Whether ``cog build`` made it."""
    return any(label.startswith(_LABELS) for label in image.labels)


def completed(deployment: Deployment, image: Image) -> Deployment:
    """With a name for the algorithm, and the number of runs at a time if the image says it.

    Raises:
        ContractBroken: the image's label with its ``cog.yaml`` can't be read.
    """
    return msgspec.structs.replace(
        deployment,
        algorithm=deployment.algorithm or _name(image.reference),
        concurrency=deployment.concurrency or _concurrency(image),
    )


def _name(reference: str) -> str:
    """The last part of the image's name: ``r8.im/team/upscaler:2`` has the algorithm ``upscaler``."""
    if _NAMELESS.fullmatch(reference):
        return DEFAULT_NAME
    return image_name(reference).path.rpartition("/")[2] or DEFAULT_NAME


def _concurrency(image: Image) -> int | None:
    label = image.labels.get(_CONFIG)
    if label is None:
        return None
    try:
        concurrency = msgspec.json.decode(label, type=_Config).concurrency
    except msgspec.MsgspecError as error:
        raise ContractBroken(f"The label {_CONFIG} of the image can't be read: {error}.") from error
    if concurrency is None or concurrency.max is None:
        return None
    return min(max(concurrency.max, 1), _MOST_AT_A_TIME)
