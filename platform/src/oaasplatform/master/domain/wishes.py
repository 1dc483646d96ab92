"""What an execution asks of a node, as text: equal wishes are equal texts, so that each names a queue."""

from __future__ import annotations

import json

from oaasplatform.master.domain.placement import AlgorithmKey, Wish


def written(wish: Wish) -> str:
    """The text of a wish."""
    return json.dumps(
        [*wish.algorithm, wish.may_start, sorted(wish.affinity)], ensure_ascii=False, separators=(",", ":")
    )


def read(text: str) -> Wish:
    """The wish of a text."""
    repository, name, version, may_start, affinity = json.loads(text)
    return Wish(
        AlgorithmKey(repository, name, version),
        affinity=frozenset((label, value) for label, value in affinity),
        may_start=may_start,
    )
