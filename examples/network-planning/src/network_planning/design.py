"""A network design: nodes, directed links and traffic demands.

Unlike everything else here its field names are those of the interchange format (``length_km``), and it may carry
more than this repository knows (populations, equipment, ...): that is ignored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from network_planning.wire import Amount, Identifier, Wire

KM_PER_MS = 200.0
"""Distance that light travels in optical fibre in one millisecond, rounded as in the planning literature."""


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        field_title_generator=Wire.model_config["field_title_generator"],
        use_attribute_docstrings=True,
    )


class Node(_Part):
    """A place in the network."""

    id: Identifier = Field(examples=["Boulder"])
    """Unique among the nodes."""
    lon: Annotated[float, Field(ge=-180, le=180)] | None = Field(
        default=None, title="Longitude (°)", examples=[-105.27]
    )
    """Degrees east; only needed to draw a map."""
    lat: Annotated[float, Field(ge=-90, le=90)] | None = Field(default=None, title="Latitude (°)", examples=[40.01])
    """Degrees north; only needed to draw a map."""


class Link(_Part):
    """A directed link. A fibre pair is two of them; several links between the same two nodes are fine."""

    source: Identifier = Field(examples=["Boulder"])
    """Node where the link starts."""
    target: Identifier = Field(examples=["Lincoln"])
    """Node where the link ends."""
    length_km: Amount = Field(title="Length (km)", examples=[800])
    """Length of the route in kilometres."""
    capacity: Amount | None = Field(default=None, title="Installed capacity (traffic units)", examples=[500])
    """What the link can carry today, in the unit of the demands."""


class Demand(_Part):
    """Traffic from one node to another."""

    source: Identifier = Field(examples=["Boulder"])
    """Node where the traffic enters."""
    target: Identifier = Field(examples=["Princeton"])
    """Node where it leaves."""
    offered: Amount = Field(title="Offered traffic (traffic units)", examples=[12.5])
    """How much, in one unit for the whole design (for example Gbit/s)."""


class Design(_Part):
    """A network: nodes, directed links and the traffic between nodes."""

    name: str = Field(default="", max_length=500, examples=["NSFNET"])
    """What the network is called."""
    description: str = Field(default="", max_length=20_000)
    """Where it comes from."""
    nodes: list[Node] = Field(min_length=1, max_length=2_000)
    """Places of the network."""
    links: list[Link] = Field(default_factory=list, max_length=20_000)
    """Directed links between nodes."""
    demands: list[Demand] = Field(default_factory=list, max_length=200_000)
    """Traffic between nodes."""

    @model_validator(mode="after")
    def _check_references(self) -> Self:
        refuse_duplicates("node", (node.id for node in self.nodes))
        known = {node.id for node in self.nodes}
        kinds: tuple[tuple[str, Sequence[Link | Demand]], ...] = (("link", self.links), ("demand", self.demands))
        for kind, items in kinds:
            for index, item in enumerate(items):
                for end in (item.source, item.target):
                    if end not in known:
                        raise ValueError(f"{kind} {index} names the unknown node {end!r}")
                if item.source == item.target:
                    raise ValueError(f"{kind} {index} starts and ends at {item.source!r}")
        return self


def refuse_duplicates(kind: str, identifiers: Iterable[Any]) -> None:
    """Raise ``ValueError`` if an id occurs twice."""
    repeated = [identifier for identifier, count in Counter(identifiers).items() if count > 1]
    if repeated:
        raise ValueError(f"{kind} ids must be unique, but {repeated[0]!r} occurs more than once")
