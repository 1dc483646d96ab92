"""``/oaasNodes``: the nodes that have joined, and how they do."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Request, Response, status

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id
from oaasplatform.api.openapi import accepts, answers
from oaasplatform.api.parameters import next_cursor
from oaasplatform.kit.keys import shown_key
from oaasplatform.master.api.dependencies import Use
from oaasplatform.master.domain.nodes import NodeFilter, NodeStatus
from oaasplatform.master.schemas.nodes import MemberNodeUpdate, MemberNodeView
from oaasplatform.master.schemas.tokens import TokenOrder, TokenView
from oaasplatform.schemas.base import Page
from oaasplatform.schemas.federation import Heartbeat, HeartbeatAnswer, JoinAnswer, JoinRequest

router = APIRouter(prefix="/oaasNodes", tags=["nodes"])
Key = Annotated[str | None, Header(alias="Authorization", description="`Bearer KEY`, with the node's key.")]


@router.get("")
async def list_nodes(
    use: Use, page: parameters.Page, name: str | None = None, status: NodeStatus | None = None
) -> Page[MemberNodeView]:
    """Nodes, newest first."""
    found, last = await use.registry.page(NodeFilter(name=name, status=status), page)
    return Page(items=[MemberNodeView.model_validate(item) for item in found], next=next_cursor(last))


@router.post("", **answers(JoinAnswer, status.HTTP_201_CREATED), openapi_extra=accepts(JoinRequest))
async def join(use: Use, request: Request) -> Response:
    """For nodes: join with a token. `oaas node join` makes a node do it.

    The master asks the node at its address whether the key is the node's, so the node has to listen there.
    """
    answer = await use.joining.join(msgspec.json.decode(await request.body(), type=JoinRequest))
    headers = {"Location": f"{router.prefix}/{answer.id}"}
    return Response(msgspec.json.encode(answer), status.HTTP_201_CREATED, headers, "application/json")


@router.post("/tokens", status_code=status.HTTP_201_CREATED)
async def create_token(use: Use, body: TokenOrder | None = None) -> TokenView:
    """Make a token that lets one node join, once, until it expires."""
    return await use.joining.new_token(body or TokenOrder())


@router.get("/{id}")
async def get_node(use: Use, id: Id) -> MemberNodeView:
    """One node."""
    return MemberNodeView.model_validate(await use.registry.get(id))


@router.put("/{id}")
async def update_node(use: Use, id: Id, body: MemberNodeUpdate) -> MemberNodeView:
    """Change what people say about a node; `labels` are what executions can ask for."""
    return MemberNodeView.model_validate(await use.registry.update(id, body))


@router.delete("/{id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_node(use: Use, id: Id, authorization: Key = None) -> Response:
    """Forget a node, which then has to join again. One that leaves in order (`oaas node leave`) does this itself."""
    await use.joining.remove(id, shown_key(authorization))
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post("/{id}/heartbeat", **answers(HeartbeatAnswer), openapi_extra=accepts(Heartbeat))
async def hear_node(use: Use, id: Id, request: Request, authorization: Key = None) -> Response:
    """For nodes: report how they are, with the key that they got when they joined."""
    heartbeat = msgspec.json.decode(await request.body(), type=Heartbeat)
    answer = await use.heartbeats.hear(id, shown_key(authorization), heartbeat)
    return Response(msgspec.json.encode(answer), media_type="application/json")
