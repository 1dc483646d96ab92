"""The command line, as authors use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NAME = "my-algorithms"


def oaas_sdk(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oaas_sdk", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as ``init`` writes it."""
    parent = tmp_path_factory.mktemp("init")
    done = oaas_sdk("init", NAME, cwd=parent)
    assert done.returncode == 0, done.stderr
    return parent / NAME


def test_init_writes_a_whole_project(project: Path) -> None:
    files = {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()}
    assert files >= {
        ".dockerignore",
        ".gitignore",
        "Dockerfile",
        "README.md",
        "pyproject.toml",
        "src/my_algorithms/__init__.py",
        "src/my_algorithms/repository.py",
        "tests/test_repository.py",
    }
    for file in files:
        if not file.endswith(".pyc"):
            assert "@NAME@" not in (project / file).read_text(), file
            assert "@PACKAGE@" not in (project / file).read_text(), file


def test_a_new_project_passes_its_tests(project: Path) -> None:
    done = oaas_sdk("test", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 example, all passed" in done.stdout
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60)
    assert tests.returncode == 0, tests.stdout


def test_a_new_project_is_clean(project: Path) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,W,I,UP,B", "--line-length", "120"]
    done = subprocess.run([*command, "."], cwd=project, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_describe_prints_descriptors(project: Path) -> None:
    (descriptor,) = json.loads(oaas_sdk("describe", cwd=project).stdout)
    assert descriptor["name"] == "knapsack"
    assert descriptor["examples"][0]["capacity"] == 8


@pytest.mark.parametrize("name", ["My-Algorithms", "../x", "class", "oaas-sdk", "9lives", NAME])
def test_init_refuses_bad_names_and_full_directories(project: Path, name: str) -> None:
    done = oaas_sdk("init", name, cwd=project.parent)
    assert done.returncode == 2
    assert done.stderr.startswith("oaas-sdk: ")
    assert [path.name for path in project.parent.iterdir()] == [NAME]


def test_test_tells_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        "from typing import Annotated\n"
        "from oaas_sdk import algorithm\n"
        "from pydantic import BaseModel, Field, PlainSerializer\n"
        "class Lying(BaseModel):\n"
        "    size: Annotated[int, PlainSerializer(lambda size: str(size), return_type=int)]\n"
        "@algorithm(examples=[1])\n"
        "def fine(input: int) -> int: return input\n"
        "@algorithm(examples=[1, 'one'])\n"
        "def wrong_example(input: int) -> int: return input\n"
        "@algorithm(examples=[None])\n"
        "def wrong_output(input: None) -> Lying: return Lying(size=1)\n"
        "@algorithm(examples=[None])\n"
        "def raises(input: None) -> None:\n"
        "    print('before it raised')\n"
        "    raise ValueError('as told')\n"
        "@algorithm(examples=[None])\n"
        "def endless(input: None) -> None:\n"
        "    while True: pass\n"
        "@algorithm\n"
        "def bare(input: None) -> None: pass\n"
    )
    done = oaas_sdk("test", "bad.py", "--time-limit", "0.3", cwd=tmp_path)
    assert done.returncode == 1
    words = " ".join(done.stdout.replace("│", " ").split())
    for expected in ("fine 1 ok", "wrong-example 1 ok", "wrong-example 2 failed", "wrong-output 1 failed"):
        assert expected in words
    for expected in ("raises 1 failed", "endless 1 failed", "bare no example", "6 examples, 4 failed"):
        assert expected in words
    assert "ValueError: as told" in words
    assert "before it raised" in done.stdout
    only = oaas_sdk("test", "bad.py", "--algorithm", "fine", cwd=tmp_path)
    assert (only.returncode, "1 example, all passed" in only.stdout) == (0, True)
    none = oaas_sdk("test", "bad.py", "--algorithm", "nothing", cwd=tmp_path)
    assert none.returncode == 2
    assert "it has fine, wrong-example" in none.stderr


def test_test_shows_why_a_module_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_thing")
    done = oaas_sdk("test", "broken.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "No module named 'no_such_thing'" in done.stderr


def test_options_of_serve_win_over_the_environment(start_instance: Any) -> None:
    served = start_instance(arguments=["--port", "0"], OAAS_PORT="1").wait_until_ready()
    assert served.run("total", {"sites": []})["status"] == 0
