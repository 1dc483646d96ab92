"""Where a node's API appears in the API of the master: behind the name of the resource stands the node's id."""

from __future__ import annotations

import re
from dataclasses import dataclass

RESOURCES = "algorithmRepositories|algorithmRepositoriesInstances|algorithmExecutions"
"""What nodes are passed through for."""
_PATH = re.compile(rf"/({RESOURCES})(/.*)?", re.DOTALL)


@dataclass(frozen=True)
class NodeMount:
    """See :class:`oaasplatform.domain.exchanges.Mount`."""

    node_id: int

    @property
    def prefix(self) -> str:
        """Nothing that stands before all paths would lead to the node."""
        return ""

    def outside(self, path: str) -> str | None:
        """``/algorithmExecutions/7`` of node 3 is ``/algorithmExecutions/3/7`` here."""
        match = _PATH.fullmatch(path)
        return None if match is None else f"/{match[1]}/{self.node_id}{match[2] or ''}"
