"""docker/Dockerfile: what hadolint says of it, and what it promises. No image is built here."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import click
import pytest

from paretocaps.cli.app import app
from paretocaps.domain.study_spec import DEFAULT_STORAGE

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def instructions(keyword: str) -> list[str]:
    """The arguments of every instruction called `keyword`, in order, continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [line.removeprefix(keyword).strip() for line in joined if line.startswith(f"{keyword} ")]


def copied() -> list[str]:
    own = (copy for copy in instructions("COPY") if not copy.startswith("--from="))
    return [source for copy in own for source in copy.split()[:-1]]


def last_stage() -> str:
    return DOCKERFILE.read_text().rpartition("\nFROM ")[2]


def sent_to_the_builder(path: str) -> bool:
    """Whether .dockerignore lets `path` through: the last pattern that matches it, or a parent, decides."""
    sent = True
    parts = PurePosixPath(path).parts
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip().removeprefix("!").removeprefix("**/")
        anchored = "**/" not in line
        parents = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        if pattern and not line.startswith("#"):
            names = parents if anchored else parts
            if any(fnmatch(name, pattern) for name in names):
                sent = line.startswith("!")
    return sent


def test_hadolint_finds_nothing():
    beside = Path(sys.executable).with_name("hadolint")
    hadolint = str(beside) if beside.exists() else shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed (it has no wheel for this platform)")
    command = [hadolint, "--no-color", "--failure-threshold", "style", str(DOCKERFILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_it_does_not_run_as_root():
    users = instructions("USER")
    assert [re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) is not None for user in users] == [True]
    (made,) = re.findall(r"useradd .*--uid (\d+)", "\n".join(instructions("RUN")))
    assert users == [f"{made}:{made}"]


def test_the_base_is_a_slim_python_that_the_project_supports_named_by_digest():
    assert instructions("FROM") == ["${BASE} AS build", "${BASE}"]
    (base,) = [name.removeprefix("BASE=") for name in instructions("ARG") if name.startswith("BASE=")]
    (version,) = re.findall(r"^python:(\d+\.\d+)-slim@sha256:[0-9a-f]{64}$", base)
    assert f"Programming Language :: Python :: {version}" in PROJECT["project"]["classifiers"]


def test_the_last_stage_installs_nothing_and_has_no_sources():
    stage = last_stage()
    assert not re.search(r"\b(apt-get|pip|gcc|build-essential|make)\b", stage)
    assert re.findall(r"^COPY (.*)$", stage, re.MULTILINE) == ["--from=build /opt/paretocaps /opt/paretocaps"]


def test_what_it_copies_exists_and_is_sent_to_the_builder():
    assert copied()
    for source in copied():
        assert (ROOT / source).exists(), source
        assert sent_to_the_builder(source), source


@pytest.mark.parametrize(
    "path",
    [
        *(".git/config", ".venv/bin/python", "studies/paretocaps.db", "paretocaps/__pycache__/a.pyc", ".env"),
        *("docker/secrets/password", "docker/secrets/tokens"),
    ],
)
def test_what_it_does_not_copy_stays_here(path):
    assert not sent_to_the_builder(path)


def test_what_it_copies_is_enough_to_build_the_package(tmp_path):
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    for source in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, tmp_path / source)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("paretocaps-*.whl")
    shipped = {name for name in ZipFile(wheel).namelist() if name.startswith("paretocaps/")}
    files = (path for path in (ROOT / "paretocaps").rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert shipped == {path.relative_to(ROOT).as_posix() for path in files}


def torch_step(folder: Path, **arguments: str) -> tuple[int, list[str], str]:
    """Run the step that installs torch with a pip that only says what it was asked for.

    Returns the exit status, pip's arguments, and what is left of the constraints.
    """
    shutil.copy(ROOT / "constraints.txt", folder)
    pip = folder / "pip"
    pip.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    pip.chmod(0o755)
    (step,) = [run for run in instructions("RUN") if "TORCH" in run]
    python = folder / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    environment = {"PATH": f"{folder}{os.pathsep}{os.defpath}", "TORCH_INDEX": "", **arguments}
    done = subprocess.run(
        ["/bin/sh", "-c", step], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines(), (folder / "constraints.txt").read_text()


def test_the_cpu_image_has_the_torch_that_is_pinned(tmp_path):
    status, asked, constraints = torch_step(tmp_path, TORCH="cpu")
    assert status == 0
    assert asked[-3:] == ["--constraint", "constraints.txt", "torch"]
    assert re.search(r"^torch==\d+\.\d+\.\d+$", constraints, re.MULTILINE)
    assert "TORCH=cpu" in instructions("ARG")


def test_the_cuda_image_is_free_of_the_pin(tmp_path):
    status, asked, constraints = torch_step(tmp_path, TORCH="cuda")
    assert (status, asked[0], asked[-1], constraints) == (0, "install", "torch", "")


def test_an_unknown_torch_is_refused_with_the_known_ones(tmp_path):
    status, said, _ = torch_step(tmp_path, TORCH="rocm")
    assert (status, said) == (2, [])


def test_the_wheel_index_is_asked_only_where_it_is_given(tmp_path):
    _, asked, _ = torch_step(tmp_path, TORCH="cuda", TORCH_INDEX="file:///wheels")
    assert asked[-3:] == ["--index-url", "file:///wheels", "torch"]
    _, asked, _ = torch_step(tmp_path, TORCH="cuda")
    assert "--index-url" not in asked
    assert 'TORCH_INDEX=""' in instructions("ARG")


def test_every_installation_heeds_the_constraints():
    installations = [run for run in instructions("RUN") if "pip install" in run]
    assert len(installations) == 2
    assert all("--constraint constraints.txt" in run for run in installations)


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "docker").iterdir()), ROOT / ".dockerignore"], ids=lambda path: path.name
)
def test_no_address_is_written_down(path):
    addresses = re.findall(r"\bhttps?://(?!\$)[^\s/:]+", path.read_text())  # `$` begins a variable
    assert set(addresses) <= {"http://127.0.0.1"}


def test_the_default_storage_lies_on_the_volume():
    folder = PurePosixPath(instructions("WORKDIR")[-1])
    database = folder / DEFAULT_STORAGE.removeprefix("sqlite:///")
    assert [json.loads(volume) for volume in instructions("VOLUME")] == [[str(folder)]]
    (made,) = re.findall(r"install --directory --owner=paretocaps .*", "\n".join(instructions("RUN")))
    assert {str(folder), str(database.parent)} <= set(made.split())
    caches = re.findall(r"HF_HOME=(\S+)", "\n".join(instructions("ENV")))
    assert [PurePosixPath(cache).is_relative_to(folder) for cache in caches] == [True]


def test_it_starts_the_service_of_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [json.loads(entry) for entry in instructions("ENTRYPOINT")] == [["paretocaps"]]
    assert "paretocaps" in PROJECT["project"]["scripts"]
    assert instructions("STOPSIGNAL") == ["SIGINT"]
    name, *arguments = json.loads(instructions("CMD")[-1])
    found = app.get_command(click.Context(app), name)
    assert found is not None
    params = found.make_context(name, arguments).params
    assert (params["host"], str(params["port"])) == ("0.0.0.0", *instructions("EXPOSE"))
    (health,) = instructions("HEALTHCHECK")
    assert f"'127.0.0.1', {params['port']}," in health


def test_its_extras_are_some_of_the_package():
    (extras,) = [name.removeprefix("EXTRAS=") for name in instructions("ARG") if name.startswith("EXTRAS=")]
    assert set(extras.strip('"').split(",")) <= set(PROJECT["project"]["optional-dependencies"])
