"""``/algorithmRepositoriesInstances``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, status
from fastapi.responses import StreamingResponse

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id, Use
from oaasplatform.api.parameters import Wait, next_cursor
from oaasplatform.api.streams import text_stream
from oaasplatform.domain.instances import Desired, Instance, InstanceFilter, InstanceStatus
from oaasplatform.schemas.base import Page
from oaasplatform.schemas.instances import InstanceCreate, InstanceUpdate, InstanceView, StatsView

router = APIRouter(prefix="/algorithmRepositoriesInstances", tags=["instances"])


@router.get("")
async def list_instances(
    use: Use,
    page: parameters.Page,
    name: str | None = None,
    status: InstanceStatus | None = None,
    algorithm_repository_id: Annotated[int | None, Query(alias="algorithmRepositoryId")] = None,
) -> Page[InstanceView]:
    """Instances, newest first."""
    wanted = InstanceFilter(name=name, status=status, repository_id=algorithm_repository_id)
    found, last = await use.instances.page(wanted, page)
    return Page(items=[_view(item) for item in found], next=next_cursor(last))


@router.post("", status_code=status.HTTP_202_ACCEPTED)
async def create_instance(use: Use, body: InstanceCreate, wait: Wait) -> InstanceView:
    """Deploy a repository under a quota. What is left open of the quota gets a default."""
    created = await use.instances.create(body)
    return _view(await use.instances.get(created.id, wait) if wait else created)


@router.get("/{id}")
async def get_instance(use: Use, id: Id, wait: Wait) -> InstanceView:
    """One instance; with `Prefer: wait=S` once it is as it was asked to be, or failed."""
    return _view(await use.instances.get(id, wait))


@router.put("/{id}")
async def update_instance(use: Use, id: Id, body: InstanceUpdate) -> InstanceView:
    """Change name, description or quota. A new quota replaces the container once it is idle."""
    return _view(await use.instances.update(id, body))


@router.delete("/{id}", status_code=status.HTTP_202_ACCEPTED)
async def delete_instance(use: Use, id: Id) -> InstanceView:
    """Remove an instance; it answers 404 once its container is gone."""
    return _view(await use.instances.want(id, Desired.ABSENT))


@router.post("/{id}/start", status_code=status.HTTP_202_ACCEPTED)
async def start_instance(use: Use, id: Id, wait: Wait) -> InstanceView:
    """Start a stopped instance, or try a failed one again now."""
    wanted = await use.instances.want(id, Desired.RUNNING)
    return _view(await use.instances.get(id, wait) if wait else wanted)


@router.post("/{id}/stop", status_code=status.HTTP_202_ACCEPTED)
async def stop_instance(use: Use, id: Id, wait: Wait) -> InstanceView:
    """Stop an instance; its running executions go back to the queue."""
    wanted = await use.instances.want(id, Desired.STOPPED)
    return _view(await use.instances.get(id, wait) if wait else wanted)


@router.get("/{id}/logs", response_class=StreamingResponse)
async def get_logs(
    use: Use,
    id: Id,
    tail: Annotated[int | None, Query(ge=0, le=100_000, description="Only the last lines.")] = None,
    follow: Annotated[bool, Query(description="Go on until the container ends.")] = False,
) -> StreamingResponse:
    """What the container wrote to stdout and stderr, as text."""
    return await text_stream(await use.instances.logs(id, tail=tail, follow=follow))


@router.get("/{id}/stats")
async def get_stats(use: Use, id: Id) -> StatsView:
    """Use of resources right now."""
    return StatsView.model_validate(await use.instances.stats(id))


def _view(instance: Instance) -> InstanceView:
    return InstanceView.model_validate(instance)
