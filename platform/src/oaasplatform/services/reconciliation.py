"""Make the engine match the database. Nothing else creates, stops or removes units.

A step never trusts memory: it looks at the row and at the engine, does one thing, and writes down what it found,
guarded by the generation it looked at. So it may be killed anywhere and begin again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import INSTANCES
from oaasplatform.domain.errors import (
    ContractBroken,
    DatabaseUnavailable,
    EngineUnavailable,
    ImageUnavailable,
    InstanceBroken,
    NotFound,
    UnitFailed,
)
from oaasplatform.domain.instances import Desired, Instance, InstanceStatus
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.kit.waiting import wait_for
from oaasplatform.protocols.base import Readiness, RepositoryProtocol, Waiting
from oaasplatform.runtimes.base import Runtime, Unit, UnitState
from oaasplatform.services.blueprints import Blueprints
from oaasplatform.services.explanations import explained
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.supervision import SupervisionService

_CYCLE = 5.0
"""Seconds between two looks when nothing seems to happen."""
_SETTLED = timedelta(seconds=60)
"""An instance that was ready for so long starts its back-off anew."""
_PROBE_FIRST, _PROBE_MOST = 0.02, 1.0
_PROBE_SHARE = 0.1
"""Rests between probes of an instance that starts, as a share of what it has taken: so much is lost at most."""
_SILENT_PROBES = 6
"""Unanswered probes in a row (one each cycle) after which a ready instance is replaced."""
_PATIENCE = 1.0
"""Seconds after which a start is worth a word about what it waits for."""

log = structlog.get_logger(__name__)


class ReconciliationService:
    """Compares all instances with all units and starts a step for each that needs one."""

    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        protocols: Mapping[str, RepositoryProtocol],
        supervision: SupervisionService,
        registries: RegistryService,
        *,
        ready_timeout: float,
    ) -> None:
        self._database = database
        self._instances = database.instances
        self._runtime = runtime
        self._protocols = protocols
        self._supervision = supervision
        self._blueprints = Blueprints(database, protocols, registries)
        self._ready_timeout = ready_timeout
        self._steps = TaskSet(expected=(DatabaseUnavailable,))
        self._silent: dict[int, int] = {}

    async def cycle(self) -> float:
        """One comparison. Returns how many seconds the next one may wait when no event comes.

        Raises:
            DatabaseUnavailable, EngineUnavailable
        """
        await self._supervision.recover()
        units = await self._runtime.units()
        instances = await self._instances.all()
        by_id = {instance.id: instance for instance in instances}
        current: dict[int, Unit] = {}
        for unit in units:
            instance = by_id.get(unit.instance_id)
            if instance is not None and instance.generation == unit.generation:
                if unit.run_id is None:
                    current[unit.instance_id] = unit
            elif instance is None or unit.generation < instance.generation:
                self._steps.start(("remove", unit.id), self._remove_unit(unit))
        wait = _CYCLE
        for instance in instances:
            if instance.retry_at is not None:
                wait = min(wait, max((instance.retry_at - datetime.now(UTC)).total_seconds(), 0.05))
            self._steps.start(instance.id, self._step(instance, current.get(instance.id)))
        return wait

    def engine_events(self) -> AsyncIterator[None]:
        """Something changed in the engine: a cycle is worth it. May end at any time."""
        return self._runtime.events()

    async def close(self) -> None:
        """End all steps; the next cycle takes up what they did."""
        await self._steps.close()

    async def purge(self) -> None:
        """Remove every unit and everything the runtime shares between them."""
        await self.close()
        await self._runtime.purge()

    async def say_what_goes_on(self) -> None:
        """Before the node ends: log how many instances stay, and how to be rid of them without it."""
        running = [unit for unit in await self._runtime.units() if unit.state is UnitState.RUNNING]
        if running:
            log.info(
                "instances go on without the node, and are adopted at its next start",
                instances=len(running),
                to_remove_them=self._runtime.cleanup_command,
            )

    async def stop_all(self) -> None:
        """Stop every unit; the next start brings back those that are wanted."""
        await self.close()
        # All: in a stack that has ended, or is being started, some containers run.
        await asyncio.gather(*(self._runtime.stop(unit.id) for unit in await self._runtime.units()))

    async def _remove_unit(self, unit: Unit) -> None:
        log.info("removing a unit that nothing wants", unit=unit.id, instance=unit.instance_id)
        await self._runtime.remove(unit.id)

    async def _step(self, instance: Instance, unit: Unit | None) -> None:
        try:
            match instance.desired:
                case Desired.ABSENT:
                    await self._remove(instance)
                case Desired.STOPPED:
                    await self._stop(instance, unit)
                case Desired.RUNNING:
                    await self._run(instance, unit)
        except EngineUnavailable as error:
            log.warning("the engine does not answer", instance=instance.name, error=error.detail)
        except NotFound:
            log.debug("the instance is gone", instance=instance.name)

    async def _remove(self, instance: Instance) -> None:
        await self._instances.set_status(instance, InstanceStatus.REMOVING, None)
        await self._supervision.recover()
        for unit in await self._runtime.units():
            if unit.instance_id == instance.id:
                await self._runtime.remove(unit.id)
        await self._instances.delete(instance.id)
        self._silent.pop(instance.id, None)
        await self._supervision.recover()

    async def _stop(self, instance: Instance, unit: Unit | None) -> None:
        if instance.status is InstanceStatus.STOPPED:
            return
        await self._instances.set_status(instance, InstanceStatus.STOPPING, None)
        await self._supervision.recover()
        if unit is not None:
            await self._runtime.stop(unit.id)
        await self._remove_jobs(instance)
        await self._instances.set_status(instance, InstanceStatus.STOPPED, None)

    async def _remove_jobs(self, instance: Instance) -> None:
        """Of an instance without a standing unit: its runs were taken back already."""
        if not self._protocols[instance.protocol].traits.standing:
            for unit in await self._runtime.units():
                if unit.instance_id == instance.id:
                    await self._runtime.remove(unit.id)

    async def _run(self, instance: Instance, unit: Unit | None) -> None:
        match instance.status:
            case InstanceStatus.READY:
                await self._look_after(instance, unit)
            case InstanceStatus.STARTING:
                # A start that was cut short: the engine has the unit already, or makes it now.
                await self._bring_up(instance)
            case _:
                if instance.retry_at is not None and instance.retry_at > datetime.now(UTC):
                    if unit is not None and unit.ended_service is not None:
                        await self._runtime.stop(unit.id)  # what is left of it is of no use until then
                elif (begun := await self._instances.begin(instance)) is not None:
                    await self._bring_up(begun)

    async def _bring_up(self, instance: Instance) -> None:
        protocol = self._protocols[instance.protocol]
        if not protocol.traits.standing:
            await self._make_ready(instance, protocol)
            return
        if await self._start(instance) is not None:
            await self._await_readiness(instance)

    async def _start(self, instance: Instance) -> Unit | None:
        """The unit of the instance, as far as the engine has got with it; None when it is lost."""
        try:
            unit, enforced = await self._runtime.start(await self._blueprints.spec(instance))
        except (UnitFailed, ImageUnavailable) as error:
            await self._lost(instance, None, error.detail, status=InstanceStatus.FAILED)
            return None
        if instance.unit_id is None or unit.state is not UnitState.CREATED:
            await self._instances.started(instance, unit.id, enforced)
        refused = "; ".join(f"{name}: {e.detail}" for name, e in enforced.items() if not e.enforced)
        if instance.strict and refused:
            await self._runtime.remove(unit.id)
            reason = f"The quota can't be enforced, and `strict` was asked for: {refused}"
            await self._lost(instance, None, reason, status=InstanceStatus.FAILED)
            return None
        return unit

    async def _make_ready(self, instance: Instance, protocol: RepositoryProtocol) -> None:
        """Each run will have a container of its own: all it takes is the image."""
        try:
            credentials = await self._blueprints.credentials(instance, instance.digest)
            await self._runtime.prepare(instance.digest, credentials=credentials)
            readiness = await protocol.probe(instance.target_at("", {}))
        except (ImageUnavailable, ContractBroken) as error:
            await self._lost(instance, None, error.detail, status=InstanceStatus.FAILED)
            return
        if isinstance(readiness, Readiness):
            enforced = self._runtime.enforceable(instance.quota, writable=protocol.traits.writable)
            await self._instances.started(instance, None, enforced)
            await self._instances.ready(instance, "", readiness.concurrency, launch_batch=1)

    async def _probe(self, instance: Instance, unit: Unit) -> Readiness | Waiting:
        if unit.base_url is None:
            return Waiting(unit.reason or "its container has no address")
        return await self._protocols[instance.protocol].probe(instance.target_at(unit.base_url, unit.addresses))

    async def _await_readiness(self, instance: Instance) -> None:
        began = instance.started_at or datetime.now(UTC)
        limit = instance.deployment.ready_timeout or self._ready_timeout
        said = ""
        with self._database.listener.subscribe(INSTANCES) as changed:
            while True:
                now = await self._instances.get(instance.id)
                if now.desired is not Desired.RUNNING or now.generation != instance.generation:
                    return
                unit = await self._find(instance)
                if unit is not None and unit.state is UnitState.CREATED:
                    # A stack whose services wait for each other.
                    unit = await self._start(now)
                    if unit is None:
                        return
                if unit is None or unit.state is UnitState.EXITED:
                    await self._lost(instance, unit, "It ended before it was ready")
                    return
                try:
                    found = await self._probe(instance, unit)
                except ContractBroken as error:
                    await self._lost(instance, unit, error.detail, status=InstanceStatus.FAILED)
                    return
                except InstanceBroken as error:
                    await self._lost(instance, unit, error.detail)
                    return
                if isinstance(found, Readiness):
                    await self._note_ready(instance, unit, found)
                    log.info("instance ready", instance=instance.name, generation=instance.generation)
                    return
                waited = (datetime.now(UTC) - began).total_seconds()
                if waited > limit:
                    await self._lost(
                        instance, unit, f"It did not become ready within {limit:g} seconds: {found.reason}"
                    )
                    return
                if waited > _PATIENCE and found.reason != said:
                    said = found.reason
                    reason = f"Waiting until it answers, {limit:g} seconds at most: {said}."
                    await self._instances.set_status(instance, InstanceStatus.STARTING, reason)
                await wait_for(changed, min(max(_PROBE_FIRST, _PROBE_SHARE * waited), _PROBE_MOST))

    async def _look_after(self, instance: Instance, unit: Unit | None) -> None:
        if not self._protocols[instance.protocol].traits.standing:
            await self._replace_if_outdated(instance)
            return
        if unit is None or unit.state is not UnitState.RUNNING:
            # The list of units may be older than the row: look again before judging.
            unit = await self._find(instance)
        if unit is None or unit.state is not UnitState.RUNNING:
            await self._lost(instance, unit, "It ended" if unit else "Its container is gone")
            return
        if instance.outdated:
            await self._replace_if_outdated(instance)
            return
        try:
            found = await self._probe(instance, unit)
        except ContractBroken as error:
            found = Waiting(error.detail)
            log.warning("an instance answers oddly", instance=instance.name, error=error.detail)
        except InstanceBroken as error:
            self._silent.pop(instance.id, None)
            await self._lost(instance, unit, error.detail)
            return
        if isinstance(found, Readiness):
            self._silent.pop(instance.id, None)
            if (unit.base_url, found.concurrency) != (instance.base_url, instance.concurrency):
                await self._note_ready(instance, unit, found)
            if instance.restarts and instance.ready_at and datetime.now(UTC) - instance.ready_at > _SETTLED:
                await self._instances.settled(instance)
            return
        silent = self._silent[instance.id] = self._silent.get(instance.id, 0) + 1
        if silent >= _SILENT_PROBES:
            del self._silent[instance.id]
            await self._lost(instance, unit, f"It stopped answering: {found.reason}")

    async def _replace_if_outdated(self, instance: Instance) -> None:
        if instance.outdated and await self._database.executions.active_on(instance.id) == 0:
            await self._instances.set_status(instance, InstanceStatus.RESTARTING, "Its image or quota changed.")

    async def _find(self, instance: Instance) -> Unit | None:
        for unit in await self._runtime.units():
            if (unit.instance_id, unit.generation, unit.run_id) == (instance.id, instance.generation, None):
                return unit
        return None

    async def _note_ready(self, instance: Instance, unit: Unit, found: Readiness) -> None:
        await self._instances.ready(
            instance,
            unit.base_url or "",
            found.concurrency,
            launch_batch=found.launch_batch,
            addresses=unit.addresses,
        )

    async def _lost(
        self,
        instance: Instance,
        unit: Unit | None,
        what: str,
        *,
        status: InstanceStatus = InstanceStatus.RESTARTING,
    ) -> None:
        """Write down the loss, take its executions back, and set the time of the next try."""
        reason = await explained(self._runtime, unit, what)
        settled = instance.ready_at is not None and datetime.now(UTC) - instance.ready_at > _SETTLED
        failures = 0 if settled else instance.restarts
        rest = replace(instance, restarts=failures).rest
        log.warning("instance lost", instance=instance.name, reason=reason, retry_in=round(rest, 1))
        await self._instances.lost(
            instance,
            status,
            reason,
            retry_at=datetime.now(UTC) + timedelta(seconds=rest),
            restarts=failures + 1,
            out_of_memory=unit is not None and unit.out_of_memory,
        )
        await self._supervision.recover()
