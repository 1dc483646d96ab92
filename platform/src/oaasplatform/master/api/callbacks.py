"""``/callback``: what nodes say of the executions they have."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response, status

from oaasplatform.api.dependencies import Id
from oaasplatform.kit.keys import shown_key
from oaasplatform.master.api.dependencies import services_of
from oaasplatform.master.domain.executions import Attempt
from oaasplatform.master.schemas.reports import RunView

router = APIRouter(prefix="/callback", tags=["nodes"])
_view = msgspec.json.Decoder(RunView)


@router.post("/{oaas_node_id}/{execution_id}", status_code=status.HTTP_204_NO_CONTENT)
async def hear_execution(
    oaas_node_id: Id, execution_id: Id, attempt: Annotated[int, Query(ge=1)], request: Request
) -> Response:
    """For nodes: a change of an execution, with the key of the node. Repeated, old and late ones change nothing."""
    use = services_of(request)
    await use.registry.demand_node(oaas_node_id, shown_key(request.headers.get("authorization")))
    report = _view.decode(await request.body()).report()
    await use.reports.take(Attempt(execution_id, attempt, oaas_node_id), report)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
