"""The process driver: what becomes of processes when their parents die, and which sources and which Python they run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from runtimes_harness import SECONDS, Harness

from oaasplatform.domain.deployments import Service, Stack
from oaasplatform.domain.errors import ImageUnavailable, UnitFailed
from oaasplatform.domain.quotas import Quota
from oaasplatform.kit.backoff import delays
from oaasplatform.runtimes.base import Unit, UnitState
from oaasplatform.runtimes.process import ProcessRuntime
from oaasplatform.runtimes.process.units import UnitFiles

NODE = """
import asyncio, os, pathlib, signal, sys
from oaasplatform.domain.quotas import Quota
from oaasplatform.runtimes.base import UnitSpec
from oaasplatform.runtimes.process import ProcessRuntime

async def main(node_id, data_dir, project):
    runtime = ProcessRuntime(node_id, pathlib.Path(data_dir))
    await runtime.open()
    image = await runtime.prepare(project)
    spec = UnitSpec(instance_id=1, generation=1, reference=project, digest=image.digest, port=1, quota=Quota())
    await runtime.start(spec)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_units_outlive_a_node_that_was_killed(unit_project: Path, node_id: str, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    node = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", NODE, node_id, str(data_dir), str(unit_project)), start_new_session=True
    )
    assert await node.wait() == -signal.SIGKILL
    async with Harness(lambda: ProcessRuntime(node_id, data_dir), str(unit_project)) as harness:
        unit = await harness.up()
        assert unit.started_at is not None
        hints = harness.runtime.events()
        await anext(hints)
        await harness.do(unit, "leave", code=5)
        async with asyncio.timeout(SECONDS):
            while (now := await harness.look(unit)) is not None and now.state is UnitState.RUNNING:
                await anext(hints)
        assert now is not None and now.exit_code == 5
        await hints.aclose()  # type: ignore[attr-defined]


async def test_killing_the_supervisor_kills_the_unit(process_harness: Harness, data_home: Path) -> None:
    unit = await process_harness.up()
    pid = (await process_harness.ask(unit, "health"))["pid"]
    supervisor = UnitFiles(data_home / "units" / unit.id).supervisor()
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    ended = await process_harness.ended(unit)
    assert ended.exit_code is None
    await _gone([pid])


@pytest.mark.parametrize("how", ["leave", "stop", "remove"])
async def test_no_descendant_outlives_its_unit(process_harness: Harness, how: str) -> None:
    unit = await process_harness.up()
    pids = (await process_harness.ask(unit, "spawn", count=3))["pids"]
    assert all(psutil.pid_exists(pid) for pid in pids)
    if how == "leave":
        await process_harness.do(unit, "leave", code=0)
        assert (await process_harness.ended(unit)).exit_code == 0
    else:
        await getattr(process_harness.runtime, how)(unit.id)
    await _gone(pids)


async def test_nothing_is_enforced_and_nothing_claimed(process_harness: Harness) -> None:
    quota = Quota(cpu=0.5, ram=10**8, disk_space=10**7, network_bandwidth=10**7, pids=64, gpus=0)
    answers = process_harness.runtime.enforceable(quota)
    assert len(answers) == 6
    for answer in answers.values():
        assert not answer.enforced and answer.detail == "the process runtime isolates nothing"
    assert (await process_harness.runtime.info()).isolates is False


async def test_stacks_are_refused(process_harness: Harness) -> None:
    stack = Stack(services={"api": Service(image="x")}, answers="api")
    with pytest.raises(UnitFailed, match="Stacks need containers"):
        await process_harness.runtime.start(replace(await process_harness.spec(), stack=stack))
    assert await process_harness.runtime.units() == []


async def test_units_listen_on_loopback_only(process_harness: Harness) -> None:
    unit = await process_harness.up()
    pid = (await process_harness.ask(unit, "health"))["pid"]
    addresses = {each.laddr.ip for each in psutil.Process(pid).net_connections() if each.status == psutil.CONN_LISTEN}
    assert addresses == {"127.0.0.1"}


async def test_a_long_log_keeps_its_end(
    unit_project: Path, node_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oaasplatform.runtimes.process.driver._LOG_BYTES", 2000)
    async with Harness(lambda: ProcessRuntime(node_id, tmp_path / "data"), str(unit_project)) as harness:
        unit = await harness.up()
        heard: list[bytes] = []

        async def listen() -> None:
            heard.extend([chunk async for chunk in harness.runtime.logs(unit.id, follow=True)])

        listening = asyncio.create_task(listen())
        for number in range(100):
            await harness.ask(unit, "say", text=f"{number:03d} {'x' * 44}")
        await harness.do(unit, "leave", code=0)
        await harness.ended(unit)
        await listening
        log = await harness.log(unit)
        assert 1000 < len(log) <= 2000
        assert log.endswith(f"099 {'x' * 44}\n")
        lines = [int(line[:3]) for line in log.splitlines()[1:]]
        assert lines == list(range(lines[0], 100))
        assert (await harness.log(unit, tail=30)).count("\n") == 30
        assert b"".join(heard).endswith(f"099 {'x' * 44}\n".encode())


async def test_a_unit_runs_what_was_registered(process_harness: Harness, unit_project: Path) -> None:
    spec = await process_harness.spec()
    (unit_project / "module.py").write_text("new = True\n")
    changed = await process_harness.runtime.prepare(process_harness.reference)
    assert changed.digest != spec.digest
    await process_harness.up(instance=2)
    old, _ = await process_harness.runtime.start(spec)
    assert old.state is UnitState.RUNNING


async def test_a_virtual_environment_is_no_source(process_harness: Harness, unit_project: Path) -> None:
    before = await process_harness.runtime.prepare(process_harness.reference)
    for name in (".venv/lib/more.py", "__pycache__/module.pyc", ".git/HEAD"):
        path = unit_project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("anything")
    assert (await process_harness.runtime.prepare(f"dir:{unit_project}")).digest == before.digest


async def test_a_project_has_to_name_its_module(process_harness: Harness, tmp_path: Path) -> None:
    with pytest.raises(ImageUnavailable, match="no such file"):
        await process_harness.runtime.prepare(str(tmp_path / "data"))
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with pytest.raises(ImageUnavailable, match=r"tool\.oaas"):
        await process_harness.runtime.prepare(str(tmp_path))
    with pytest.raises(ImageUnavailable, match="OAAS_RUNTIME=docker"):
        await process_harness.runtime.prepare("python/registry-image:3.12")
    with pytest.raises(ImageUnavailable, match="no module 'no_such_module'"):
        await process_harness.runtime.prepare("python:no_such_module")


async def test_an_interpreter_that_cannot_run_fails_the_unit(process_harness: Harness, unit_project: Path) -> None:
    (unit_project / ".venv" / "bin" / "python").write_text("#!/no/such/interpreter\n")
    with pytest.raises(UnitFailed, match="No such file"):
        await process_harness.runtime.start(await process_harness.spec())
    assert await process_harness.runtime.units() == []


ALGORITHM = """
import oaas_sdk
{imports}

@oaas_sdk.algorithm
def double(number: int) -> int:
    return 2 * number
"""


async def test_the_sdk_is_served_with_the_nodes_own_python(node_id: str, tmp_path: Path) -> None:
    project = _project(tmp_path, ALGORITHM.format(imports=""), ["oaas-sdk", "httpx>=0.1"])
    async with Harness(lambda: ProcessRuntime(node_id, tmp_path / "data"), str(project)) as harness:
        unit = await harness.up()
        assert await _algorithms(harness, unit) == ["double"]
        assert not (tmp_path / "data" / "process" / node_id / "environments").exists()


async def test_what_a_project_asks_for_is_installed_below_it(node_id: str, tmp_path: Path) -> None:
    wheel = _wheel(tmp_path, "oaas_test_dependency")
    code = ALGORITHM.format(imports="import httpx, oaas_test_dependency")
    project = _project(tmp_path, code, ["oaas-sdk", f"oaas-test-dependency @ {wheel.as_uri()}"])
    async with Harness(lambda: ProcessRuntime(node_id, tmp_path / "data"), str(project)) as harness:
        said: list[str] = []
        image = await harness.runtime.prepare(str(project), on_progress=said.append)
        assert any("oaas-test-dependency" in sentence for sentence in said)
        assert await harness.runtime.prepare(str(project), on_progress=said.append) == image
        assert len(said) == 2
        unit = await harness.up()
        assert await _algorithms(harness, unit) == ["double"]


async def test_what_cannot_be_installed_is_told(node_id: str, tmp_path: Path) -> None:
    missing = (tmp_path / "missing-1.0-py3-none-any.whl").as_uri()
    project = _project(tmp_path, ALGORITHM.format(imports=""), [f"missing @ {missing}"])
    async with Harness(lambda: ProcessRuntime(node_id, tmp_path / "data"), str(project)) as harness:
        with pytest.raises(ImageUnavailable, match=r"missing-1\.0"):
            await harness.runtime.prepare(str(project))


async def test_a_module_of_the_nodes_own_python_can_be_served(node_id: str, tmp_path: Path) -> None:
    async with Harness(lambda: ProcessRuntime(node_id, tmp_path), "python:network_planning.repository") as harness:
        image = await harness.runtime.prepare(harness.reference)
        assert await harness.runtime.prepare(harness.reference) == image
        unit, _ = await harness.runtime.start(await harness.spec())
        launch = json.loads((tmp_path / "process" / node_id / "units" / unit.id / "launch.json").read_text())
        assert launch["command"][1:] == ["-m", "oaas_sdk", "serve", "network_planning.repository"]


@pytest.fixture
async def data_home(process_harness: Harness, node_id: str, tmp_path: Path) -> AsyncIterator[Path]:
    """Where the driver keeps its files."""
    yield tmp_path / "data" / "process" / node_id


def _project(directory: Path, code: str, dependencies: list[str]) -> Path:
    project = directory / "algorithms"
    project.mkdir()
    (project / "doubling.py").write_text(code)
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "doubling"\nversion = "1"\ndependencies = {json.dumps(dependencies)}\n'
        '[tool.oaas]\nmodule = "doubling"\n'
    )
    return project


def _wheel(directory: Path, name: str) -> Path:
    """The smallest package that can be installed."""
    path = directory / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


async def _algorithms(harness: Harness, unit: Unit) -> list[str]:
    """Names of the algorithms, once the module is imported."""
    async with asyncio.timeout(SECONDS):
        for rest in delays(first=0.05, most=0.5):
            answer = await harness.get(unit, "algorithms")
            if answer.status_code == 200:
                return [each["name"] for each in answer.json()]
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(rest)
    raise AssertionError("unreachable")


async def _gone(pids: list[int]) -> None:
    """Wait until none of the processes is left."""
    async with asyncio.timeout(SECONDS):
        for rest in delays(first=0.02, most=0.5):
            living = [pid for pid in pids if psutil.pid_exists(pid)]
            if not [pid for pid in living if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]:
                return
            await asyncio.sleep(rest)
