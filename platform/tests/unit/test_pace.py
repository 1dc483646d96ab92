"""How much may wait within an instance: only short runs, and not for long."""

from __future__ import annotations

from oaasplatform.domain.executions import ReadyInstance
from oaasplatform.domain.targets import Target
from oaasplatform.services.pace import Pace

TARGET = Target(
    instance_id=1,
    generation=1,
    base_url="http://127.0.0.1:1",
    addresses={},
    digest="",
    quota_document={},
    deployment_document={},
)


def _instance(launch_batch: int = 256) -> ReadyInstance:
    return ReadyInstance(
        id=1, repository_id=1, protocol="oaas", target=TARGET, concurrency=1, launch_batch=launch_batch
    )


def test_nothing_waits_before_anything_is_known() -> None:
    assert Pace().beyond(_instance()) == 0


def test_short_runs_wait_within_the_instance() -> None:
    pace = Pace()
    pace.note(_instance(), 1, 0.002)
    assert pace.beyond(_instance()) == 25
    for _ in range(20):
        pace.note(_instance(), 25, 0.005)
    assert pace.beyond(_instance()) > 200
    assert pace.beyond(_instance(launch_batch=8)) == 16
    assert pace.beyond(_instance(launch_batch=1)) == 0


def test_a_long_run_counts_at_once() -> None:
    pace = Pace()
    pace.note(_instance(), 100, 0.01)
    pace.note(_instance(), 1, 0.25)
    assert pace.beyond(_instance()) == 0
