"""How well times are predicted, and what is rejected, of the recorded designs: each is left out in turn."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from figures import Figure, figure

from paretocaps.domain.measurement import best_epoch
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import CheckedData
from paretocaps.pareto.dominance import rank
from paretocaps.replay.space import SPACE
from paretocaps.replay.table import Table, cards, read
from paretocaps.search.outlook import Outlook
from paretocaps.search.rejection import Rejection
from paretocaps.search.training_times import TrainingTimes
from paretocaps.training.forecast import forecasting

OBJECTIVES = parse_objectives("acc,time,params")


@dataclass(frozen=True)
class Recording:
    """A table of recorded trainings: its designs with their mean curves over the seeds.

    Its seconds are CPU seconds, which other programs disturb little, or those of the clock.
    """

    table: Table
    seconds: str = "cpu_seconds"
    curves: dict[str, Any] = field(init=False)
    values: dict[str, tuple[float, float, float]] = field(init=False)

    def __post_init__(self) -> None:
        epochs = defaultdict(list)
        for row in self.table.rows:
            if row.measurement is not None:
                epochs[row.design].append(self.table.measurement(self.table.designs[row.design], row.seed))
        curves = {}
        for name, seeds in epochs.items():
            own = [[(getattr(e, self.seconds), e.acc) for e in one.epochs] for one in seeds]
            curves[name] = np.mean(own, axis=0)
        values = {}
        for name, seeds in epochs.items():
            last = [best_epoch(one.epochs).epoch for one in seeds]
            time = np.mean([curves[name][:epoch, 0].sum() for epoch in last])
            values[name] = (
                *(float(np.mean([one.acc for one in seeds])), float(time), float(seeds[0].params)),
            )
        object.__setattr__(self, "curves", curves)
        object.__setattr__(self, "values", values)

    @property
    def forecast(self) -> Any:
        """The forecast of a training as a function of its choices."""
        return forecasting(CheckedData(reading=self.table.card.reading), self.table.card.epochs, 1)

    def front(self, names: Sequence[str]) -> list[str]:
        """Return the names of the designs on the front of `names`."""
        return [names[row] for row in rank([self.values[name] for name in names], OBJECTIVES)]


def rejection(_: Path) -> list[Figure]:
    """Return how wrong predicted times are on the recorded tables, and what of digits is rejected."""
    found = []
    for card in cards():
        for kind in ("cpu_seconds", "seconds"):
            recording, times = Recording(read(card.name), kind), TrainingTimes()
            for number, (name, curve) in enumerate(recording.curves.items()):
                told = recording.forecast(recording.table.designs[name])
                times.note(number, told.epochs, curve[:, 0].tolist())
            assert times.error is not None
            clock = kind.replace("cpu_", "CPU ")
            of = f"{card.name}, {len(times)} designs, {clock}: error of a predicted time"
            found.append(figure(f"{of}, median", times.error.median, "", "at most 0.1"))
            found.append(figure(f"{of}, 9 in 10", times.error.most, "", "at most 0.25"))
    recording = Recording(read("digits"))
    names = list(recording.values)
    rejected = [name for name in names if _verdict(recording, name) is not None]
    lost = set(rejected) & set(recording.front(names))
    of = f"digits, {len(names)} designs left out in turn"
    found.append(figure(f"{of}: rejected", len(rejected), "", ""))
    found.append(figure(f"{of}: members of the front rejected", len(lost), "", "at most 0"))
    return found


def _verdict(recording: Recording, name: str) -> Any:
    """Return the verdict on a design where all others are finished trials."""
    others = [other for other in recording.values if other != name]
    members = [
        SimpleNamespace(trial=member, values=dict(zip(("acc", "time", "params"), values, strict=True)))
        for member, values in ((one, recording.values[one]) for one in recording.front(others))
    ]
    front = _Front(members)
    standing: Any = SimpleNamespace(table=others, spec=StudySpec(), within=lambda _: front)
    epochs, forecast = recording.table.card.epochs, recording.forecast
    outlook = Outlook(standing, SPACE, {}, epochs, forecast)
    outlook._read.update(range(len(others)))  # nothing is to be read from a database
    for number, other in enumerate(others):
        choices, curve = recording.table.designs[other], recording.curves[other]
        outlook.times.note(number, forecast(choices).epochs, curve[:, 0].tolist())
        outlook.accuracy.note(number, outlook.point(choices), curve[:, 1].tolist())
    return Rejection(outlook, OBJECTIVES).verdict(recording.table.designs[name])


class _Front(list[Any]):
    @property
    def members(self) -> list[Any]:
        return list(self)
