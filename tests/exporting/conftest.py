"""A small network, and one export of it that tests read or copy."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paretocaps.exporting.document import ExportInfo
from paretocaps.exporting.package import write_export
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.network import Network

CLASSES = ("ant", "bee", "cat")


@pytest.fixture(scope="session")
def small() -> Architecture:
    """A network of 9x8 gray images and three classes."""
    return Architecture(
        height=9, width=8, channels=1, classes=3, conv_channels=6, capsule_types=3, decoder_units=(5, 7)
    )


@pytest.fixture
def network(small: Architecture) -> Network:
    return build_network(small, seed=0)


@pytest.fixture(scope="session")
def info() -> ExportInfo:
    return ExportInfo(classes=CLASSES, study="s", trial=3, seed=1, choices={"lr_max": 0.01}, acc=0.5)


@pytest.fixture(scope="session")
def written(small: Architecture, info: ExportInfo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export; tests only read it."""
    folder = tmp_path_factory.mktemp("export") / "pets"
    write_export(folder, build_network(small, seed=0), about=info)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy of the export, to be damaged."""
    return shutil.copytree(written, tmp_path / "pets")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of nine images of the network's size, three in a folder of each class."""
    generator = np.random.default_rng(0)
    for name in CLASSES:
        place = tmp_path / "images" / name
        place.mkdir(parents=True)
        for number in range(3):
            Image.fromarray(generator.integers(0, 256, (9, 8), dtype=np.uint8)).save(place / f"{number}.png")
    return tmp_path / "images"
