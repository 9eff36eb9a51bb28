"""A folder of one's own images, from the files to a stored front."""

import numpy as np
import pytest
from PIL import Image

import paretocaps
from paretocaps import service
from paretocaps.errors import DataError
from paretocaps.search.observer import Observer

COLOURS = {"cherry": (200, 40, 40), "lime": (60, 200, 60), "plum": (90, 40, 160)}


class Listener(Observer):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.prepared: list[tuple[str, int, int]] = []
        self.notices: list[str] = []

    def preparing(self, what: str, done: int, total: int) -> None:
        self.prepared.append((what, done, total))

    def notice(self, message: str) -> None:
        self.notices.append(message)


@pytest.fixture
def images(tmp_path):
    """Sixty noisy photographs of three fruits, of many sizes."""
    random = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (tmp_path / "fruit" / name).mkdir(parents=True)
        for number in range(20):
            height, width = random.integers(14, 25, 2)
            pixels = (random.normal(0, 12, (height, width, 3)) + colour).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "fruit" / name / f"{number}.jpg", quality=92)
    return tmp_path / "fruit"


@pytest.fixture
def flags(tmp_path, images):
    return {
        "study": "fruit",
        "data": str(images),
        "storage": f"sqlite:///{tmp_path}/fruit.db",
        "trials": 2,
        "epochs": 1,
        "objectives": "acc,params",
        "executor": "inline",
        "device": "cpu",
        "fix": ["batch_size=8", "batch_schedule=constant", "pruning_ratio=0"],
        "require": [],
    }


@pytest.mark.slow
def test_a_study_of_ones_own_images(images, flags):
    (images / "lime" / "3.jpg").write_bytes((images / "lime" / "3.jpg").read_bytes()[:-400])
    watcher = Listener()
    summary = service.optimize({**flags, "corrupt": "skip"}, observer=watcher)
    assert (summary.finished, summary.failed) == (2, 0)
    assert watcher.prepared[-1] == ("preparing images", 60, 60)
    (left_out,) = (line for line in watcher.notices if line.startswith("1 image that cannot be read is left"))
    assert "3.jpg" in left_out
    front = paretocaps.load_front("fruit", storage=flags["storage"], require=())
    assert 1 <= len(list(front)) <= 2


def test_a_broken_image_is_refused_before_a_study_is_made(images, flags, tmp_path):
    (images / "lime" / "3.jpg").write_text("no image")
    with pytest.raises(DataError, match=r"lime.3\.jpg is corrupt \(not a JPEG, .*--corrupt skip"):
        service.optimize(flags)
    assert not (tmp_path / "fruit.db").exists()
