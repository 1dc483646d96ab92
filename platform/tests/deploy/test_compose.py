"""The platform as its documents deploy it: from first boot to a finished execution to ``down``, in both modes."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from projects import CONTAINER, Project, build_image, docker, first, inspect

from oaasplatform.database.models import nodes

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def changed_image(platform_image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The platform after a model was changed."""
    context = tmp_path_factory.mktemp("changed")
    models = Path(nodes.__file__)
    field = "    motto = fields.TextField(null=True)\n\n    class Meta:"
    (context / models.name).write_text(models.read_text().replace("    class Meta:", field))
    home = "/opt/oaas/lib/python3*/site-packages/oaasplatform/database/models/"
    (context / "Dockerfile").write_text(
        f"ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\nCOPY {models.name} /changed/\nRUN cp /changed/* {home}\n"
    )
    build_image(context, "oaas-test/platform-changed", platform_image)
    return "oaas-test/platform-changed"


def test_from_first_boot_to_down(project: Project, sample_image: str) -> None:
    project.up()
    facts = inspect(CONTAINER)
    assert facts["HostConfig"]["ReadonlyRootfs"] is True
    assert facts["HostConfig"]["NetworkMode"] == ("host" if project.mode == "host" else "oaas-api")
    status = docker("exec", CONTAINER, "cat", "/proc/1/status")
    assert first(r"Uid:\s+\d+", status).split()[1] == "10001"
    assert first(r"CapEff:\s+\w+", status).split()[1] == "0" * 16
    assert first(r"NoNewPrivs:\s+\d", status).split()[1] == "1"
    _await_healthy()

    instance = project.deploy(sample_image)
    project.run_noop()

    # An upgrade makes the platform's container anew; the instance does not notice.
    project.up("--force-recreate", "oaas-platform")
    assert inspect(CONTAINER)["Id"] != facts["Id"]
    (after,) = project.get("/algorithmRepositoriesInstances")["items"]
    assert after["unitId"] == instance["unitId"]
    project.run_noop()
    project.compose("stop")
    project.compose("start")
    project.await_ready()
    project.run_noop()

    # `down` leaves it running and has said how to remove it; data and instance are there at the next `up`.
    project.compose("stop", "oaas-platform")
    command = first(r"docker ps --all [^\"]+", project.logs())
    project.compose("down")
    assert inspect(instance["unitId"])["State"]["Running"]
    project.up()
    project.run_noop()
    assert project.get("/algorithmExecutions")["items"][-1]["id"] == 1
    project.compose("down", "--volumes")
    subprocess.run(command, shell=True, check=True, capture_output=True)
    project.compose("down", "--volumes")
    assert project.left_over() == []


def test_instances_stop_with_it_if_told_so(project: Project, sample_image: str) -> None:
    project.variables["OAAS_STOP_INSTANCES_ON_EXIT"] = "true"
    project.up()
    instance = project.deploy(sample_image)
    project.compose("down")
    assert not inspect(instance["unitId"])["State"]["Running"]
    project.up()
    project.run_noop()


def test_aerich_on_a_database_that_is_up_to_date(project: Project) -> None:
    project.up()
    assert "already inited" in project.aerich("init", "-t", "oaasplatform.database.config.TORTOISE_ORM")
    assert "already initialized" in project.aerich("init-db")
    assert "No changes detected" in project.aerich("migrate")
    assert "No upgrade items found" in project.aerich("upgrade")
    assert "No available heads" in project.aerich("heads")
    assert "_init.py" in project.aerich("history")


@pytest.mark.parametrize("command", ["upgrade", "init-db"])
def test_without_migrating_by_itself_it_names_the_command_and_starts_after_it(project: Project, command: str) -> None:
    project.variables["OAAS_AUTO_MIGRATE"] = "false"
    project.compose("up", "--detach")
    deadline = time.monotonic() + 60
    while "aerich upgrade" not in project.logs():
        assert time.monotonic() < deadline, project.logs()
        time.sleep(0.2)
    line = first(r"Error: .*", project.logs())
    assert "OAAS_AUTO_MIGRATE" in line
    assert "Traceback" not in project.logs()
    assert not project.ready()
    output = project.compose("run", "--rm", "oaas-platform", "aerich", command)
    assert "Success" in output
    project.await_ready()


def test_aerich_after_a_model_changed(project: Project, changed_image: str) -> None:
    project.up()
    project.compose("stop", "oaas-platform")
    project.variables["OAAS_IMAGE"] = changed_image

    def aerich(*arguments: str) -> str:
        return project.compose("run", "--rm", "oaas-platform", "aerich", *arguments)

    file = first(r"\d+_\d+_motto\.py", aerich("migrate", "--name", "motto"))
    assert file in aerich("heads")
    assert f"Success upgrading to {file}" in aerich("upgrade")
    assert "No changes detected" in aerich("migrate")
    # The platform starts with it, and what the operator made survives the container.
    project.up()
    assert file in project.aerich("history")
    assert project.get("/info")["name"] == "oaas-node"


def test_no_password_stands_in_a_file_that_is_committed() -> None:
    for file in (Path(__file__).parents[3] / "deploy").rglob("*"):
        if file.is_file():
            for line in file.read_text(errors="replace").splitlines():
                assert not line.lstrip("# ").startswith("POSTGRES_PASSWORD=") or line.endswith("="), file


def _await_healthy() -> None:
    deadline = time.monotonic() + 60
    while (health := inspect(CONTAINER)["State"]["Health"])["Status"] != "healthy":
        assert time.monotonic() < deadline, health
        time.sleep(0.2)
