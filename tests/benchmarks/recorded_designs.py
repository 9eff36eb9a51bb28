"""Draw the designs of the recorded tables, once: `python tests/benchmarks/recorded_designs.py MNIST_FOLDER`.

The papers' designs come first, so that searches with and without them can be played. The others are points
of a scrambled Sobol sequence, which is balanced in every choice after any number of designs. What is the same
training as an earlier design is left out. The lists are files, because they must not follow a newer scipy.
"""

import json
import sys
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from paretocaps.domain.job import DataSpec
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UsageError
from paretocaps.replay.space import TABLE
from paretocaps.search.same_training import SameTraining
from paretocaps.search.samplers import sobol

LISTS = Path(__file__).parent / "recorded_designs"
_LR_MIN = "lr_min"
_DIGITS = 4  # significant, of drawn rates


@dataclass(frozen=True)
class Recording:
    """One table to record.

    Attributes:
        name: names its list, its study and its table.
        data: the images.
        epochs: epochs of every training.
        designs: how many designs are drawn.
        seed: of the draw.
        families: the families of its networks.
        fix: choices that all designs have.
        grows: whether the trainings are long enough for `growth` to act.
    """

    name: str
    data: DataSpec
    epochs: int
    designs: int
    seed: int
    families: tuple[str, ...]
    fix: dict[str, Any]
    grows: bool = False

    def table(self) -> dict[str, Any]:
        """Return the space of the study that records it, as a study file has it."""
        table: dict[str, Any] = json.loads(json.dumps({**TABLE, "family": self.families}))
        if not self.grows:
            del table["growth"]
        for entry in table.values():
            if isinstance(entry, dict) and "family" in (when := entry.get("when", {})):
                when["family"] = [family for family in when["family"] if family in self.families]
        return table

    def images(self, mnist: str | None) -> DataSpec:
        """Return the images to train on, which are those in the folder `mnist` if they are MNIST's."""
        if self.data.name == "mnist" and mnist is not None:
            return self.data.model_copy(update={"name": None, "path": mnist})
        return self.data


_DIGIT_FAMILIES = ("capsnet", "residual_caps", "lenet5")
RECORDINGS = {
    recording.name: recording
    for recording in (
        Recording("digits", DataSpec(name="digits"), 5, 400, 1, _DIGIT_FAMILIES, {}),
        Recording(
            "mnist14",
            DataSpec(name="mnist", limit_train=3000, limit_validation="proportional"),
            5,
            250,
            2,
            ("capsnet", "residual_caps", "momentum_caps"),
            {"image_size": 14},
        ),
        Recording("digits15", DataSpec(name="digits"), 15, 50, 3, _DIGIT_FAMILIES, {}, grows=True),
    )
}


def draw(recording: Recording, data: DataSpec) -> dict[str, dict[str, Any]]:
    """Return the designs of a table on its images, those to record first at the beginning."""
    trainer = TRAINERS.get("capsnet")
    shares = {_LR_MIN: {**TABLE[_LR_MIN], "low": 1e-3, "high": 1.0}}  # of lr_max
    space = Space.parse(recording.table() | shares)
    same = SameTraining(trainer, recording.epochs, trainer.check_data(data).facts)
    of_papers = ((name, dict(choices)) for name, choices in trainer.designs.items())
    drawn = (("", _with_floor(point)) for point in sobol(space, recording.fix, recording.seed))
    found: dict[str, dict[str, Any]] = {}
    seen = set()
    for name, choices in chain(of_papers, drawn):
        try:
            key = same.key(trainer.complete(choices, recording.fix))
        except UsageError:
            continue
        if key not in seen:
            seen.add(key)
            found[name or f"d{len(found):03}"] = choices
        if len(found) == recording.designs:
            break
    return found


def _with_floor(point: dict[str, Any]) -> dict[str, Any]:
    """Return a drawn point with its lr_min as a rate instead of as a share of lr_max, and short numbers."""
    if _LR_MIN in point:
        point = point | {_LR_MIN: point[_LR_MIN] * point["lr_max"]}
    return {
        name: float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
        for name, value in point.items()
    }


def designs_of(name: str) -> dict[str, dict[str, Any]]:
    """Return the designs of a table as they are written down."""
    listed: dict[str, dict[str, Any]] = json.loads((LISTS / f"{name}.json").read_text(encoding="utf-8"))
    return listed


def main() -> None:
    """Write the lists."""
    LISTS.mkdir(exist_ok=True)
    for name, recording in RECORDINGS.items():
        drawn = draw(recording, recording.images(sys.argv[1]))
        lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in drawn.items())
        (LISTS / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
