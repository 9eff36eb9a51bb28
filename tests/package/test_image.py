"""What the Dockerfile installs, in an environment of its own made by its own steps, does what it is for."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from main_job import answer, free_port, main_job, said, started

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
INSTALLED = "/opt/paretocaps"
pytestmark = pytest.mark.package


def steps() -> Iterator[tuple[str, str]]:
    """Yield keyword and arguments of the first stage's steps, in order, continued lines joined."""
    stage = DOCKERFILE.split("\nFROM ")[1]
    lines = [line for line in stage.splitlines()[1:] if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            keyword, _, arguments = line.partition(" ")
            yield keyword, arguments


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, without what Python compiled."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that the first stage's steps made in an empty folder, with one extra."""
    folder, place = tmp_path_factory.mktemp("context"), tmp_path_factory.mktemp("image") / "paretocaps"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    for keyword, arguments in steps():
        if keyword == "COPY":
            for source in arguments.split()[:-1]:
                copy(ROOT / source, folder / source)
        elif keyword == "ARG":
            name, _, value = arguments.partition("=")
            environment[name] = "serve" if name == "EXTRAS" else value.strip('"')
        elif keyword == "ENV":
            for name, value in re.findall(r"(\w+)=(\S+)", arguments.replace(INSTALLED, str(place))):
                environment[name] = value.replace("${PATH}", environment["PATH"])
        elif keyword == "RUN":
            # the image's `python` is the one that runs this
            command = arguments.replace("python -m venv", f"{sys.executable} -m venv")
            command = command.replace(INSTALLED, str(place))
            subprocess.run(["/bin/sh", "-ec", command], cwd=folder, env=environment, check=True)
    shutil.rmtree(folder)  # the last stage has no sources
    return place / "bin" / "python"


def test_the_main_job_is_done_from_any_folder(python: Path, tmp_path: Path) -> None:
    main_job(python, tmp_path)


def test_the_version_is_that_of_the_project(python: Path, tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert said(python, tmp_path, "--version").split()[-1] == version


def test_what_is_not_installed_is_named_with_its_extra(python: Path, tmp_path: Path) -> None:
    for extra, words in {
        "hub": ["optimize", "--study", "s", "--dataset", "mnist", "--trials", "1"],
        "ray": ["optimize", "--study", "s", "--executor", "ray", "--trials", "1"],
        "postgres": ["studies", "--storage", "postgresql://me@localhost/caps"],
        "wandb": ["optimize", "--study", "s", "--log", "wandb", "--trials", "1"],
    }.items():
        with pytest.raises(AssertionError) as failed:
            said(python, tmp_path, *words)
        last = str(failed.value).strip().splitlines()[-1]
        assert last.startswith("error: "), last
        assert last.endswith(f"pip install 'paretocaps[{extra}]'"), last


def test_the_service_starts_and_its_health_check_says_so(python: Path, tmp_path: Path) -> None:
    (health,) = re.findall(r"^HEALTHCHECK .*\\\n\s+CMD (.*)$", DOCKERFILE, re.MULTILINE)
    port = free_port()
    check = [word.replace("8000", str(port)) for word in json.loads(health)]
    check[0] = str(python)
    assert subprocess.run(check, capture_output=True, check=False).returncode != 0
    tokens = tmp_path / "tokens"
    subprocess.run([ROOT / "docker" / "secrets.sh", tmp_path], capture_output=True, check=True)
    with started(
        python, tmp_path, "serve", "--host", "0.0.0.0", "--port", str(port), "--tokens", str(tokens)
    ):
        assert answer(port, "/healthz") == 200
        assert subprocess.run(check, capture_output=True, check=False).returncode == 0
