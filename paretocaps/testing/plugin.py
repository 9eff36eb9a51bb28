"""Entry points without an installation, which this process and its workers find during a test."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.domain.trainer import TRAINERS


def write_plugin(folder: Path, name: str, entries: Mapping[str, Mapping[str, str]]) -> Path:
    """Write the metadata of a distribution with entry points into `folder`, and return `folder`.

    Args:
        folder: created if it is missing; a process finds the entry points if it is on its import path.
        name: name of the distribution.
        entries: for each entry-point group, "module:attribute" by name.
    """
    metadata = folder / f"{name.replace('-', '_')}-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n", encoding="utf-8")
    lines = []
    for group, points in entries.items():
        lines += [f"[{group}]", *(f"{point} = {target}" for point, target in points.items()), ""]
    (metadata / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


def plug_in(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Put `folders` first on the import path of this process and of its workers, until `monkeypatch` is
    undone.

    Objects that were resolved in the meantime are then forgotten.
    """
    for registry in (TRAINERS, FAMILIES, ROUTINGS):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    for folder in reversed(folders):
        monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)), prepend=os.pathsep)
