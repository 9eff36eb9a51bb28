"""Entry points without an installation: what a test plugs in is found by this process and its workers."""

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
        folder: made where it is missing; it has to be on the path of whoever shall find it.
        name: name of the distribution.
        entries: by entry-point group: "module:attribute" by name.
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
    """Put `folders` first on the path of this process and of its workers, until `monkeypatch` is undone.

    What was resolved meanwhile is forgotten with it.
    """
    for registry in (TRAINERS, FAMILIES, ROUTINGS):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    for folder in reversed(folders):
        monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)), prepend=os.pathsep)
