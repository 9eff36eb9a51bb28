"""The files that the dashboard shows beside a trial: its curves, and of members weights and mistakes."""

import csv
import io
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from paretocaps import service
from paretocaps.domain.measurement import EpochRecord
from paretocaps.report.csv_cell import csv_cell
from paretocaps.storage.store import Store
from paretocaps.web.study_view import StudyView

_SPACE = uuid.UUID("3f8a2d0e-4f0c-5f0a-9d5b-6a1c0f2b7e11")


@dataclass(frozen=True)
class Attachment:
    """A file of a trial.

    Attributes:
        name: its file name.
        kind: its media type.
        read: returns what is in it, given the address of the storage.
    """

    name: str
    kind: str
    read: Callable[[str], bytes]

    @property
    def key(self) -> str:
        """What the dashboard calls it: the same for the same name."""
        return str(uuid.uuid5(_SPACE, self.name))

    @property
    def described(self) -> dict[str, Any]:
        """What the dashboard is told of it."""
        return {"artifact_id": self.key, "filename": self.name, "mimetype": self.kind, "encoding": None}


def attachments(view: StudyView, number: int) -> Sequence[Attachment]:
    """Return the files of a trial; what is in them is read or computed when they are opened."""
    study, weights = view.front.study, view.weights.get(number)
    found = []
    if number in view.curves:
        found.append(Attachment("curves.csv", "text/csv", partial(_curves, study, number)))
    if weights is not None:
        found.append(Attachment("confusion.csv", "text/csv", partial(_confusion, study, number)))
        found.append(Attachment(weights.name, "application/octet-stream", lambda _: weights.read_bytes()))
    return found


def _curves(study: str, number: int, storage: str) -> bytes:
    """Return the epochs of a trial's trainings as CSV, a row per seed and epoch."""
    with Store.open(storage, create=False) as store:
        attempts = store.trial(study, number).attempts
    rows: dict[tuple[int, int], EpochRecord] = {}
    for one in attempts:
        rows |= {(one.key.seed, record.epoch): record for record in one.epochs}
    return _csv(
        ["seed", *EpochRecord.model_fields],
        [[seed, *record.model_dump().values()] for (seed, _), record in sorted(rows.items())],
    )


def _confusion(study: str, number: int, storage: str) -> bytes:
    """Return the confusion matrix of a trial on its validation images as CSV: a row per label.

    Its network is evaluated for that, on the CPU, which takes seconds.
    """
    picked = service.pick_trial(storage, study, trial=number)
    options = service.EvaluateOptions(part="validation", device="cpu", robust=False, pictures=False)
    report = service.evaluate([], picked, options).appraisal.report
    names = [one.name for one in report.classes]
    rows = [[name, *counts] for name, counts in zip(names, report.confusion, strict=True)]
    return _csv(["label", *(f"predicted {name}" for name in names)], rows)


def _csv(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([csv_cell(value) for value in row] for row in (names, *rows))
    return text.getvalue().encode()
