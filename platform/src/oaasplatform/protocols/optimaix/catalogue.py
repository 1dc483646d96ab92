"""The algorithms of a repository."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from oaasplatform.domain.repositories import Descriptor
from oaasplatform.protocols.optimaix.wire import Algorithm


def descriptors(found: Sequence[Algorithm]) -> list[Descriptor]:
    """Algorithms by their names, or ``name@version`` where several versions of one are there."""
    common = Counter(each.name for each in found)
    return [
        Descriptor(
            reference=str(each.id),
            name=each.name if common[each.name] == 1 else f"{each.name}@{each.version}",
            version=each.version,
            description=each.description or "",
            input_schema=each.input_schema,
            output_schema=each.output_schema,
            error_schema={},
            examples=[],
        )
        for each in found
    ]
