"""Pack recorded trainings into the tables that `paretocaps.replay` ships.

    python tests/benchmarks/packing.py digits --storage FILE --commit HASH [--mnist FOLDER]

Whole designs are packed, all their seeds trained or failed. What the table has already stays, so that parts
that were recorded in different databases add up.
"""

import argparse
import lzma
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from recorded_designs import RECORDINGS, designs_of

import paretocaps
from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.trainer import TRAINERS
from paretocaps.replay.card import Card, Recorded
from paretocaps.replay.table import CARD, ROWS, read
from paretocaps.storage.records import AttemptRecord, TrialRecord
from paretocaps.storage.store import Store

TABLES = Path(paretocaps.__file__).parent / "replay" / "tables"
_NOT_PACKED = {"predictions", "weights"}


def recorded(store: Store, name: str) -> Iterator[tuple[Recorded, datetime]]:
    """Yield the trainings of the whole designs in a database, each with the time at which it began."""
    listed = designs_of(name)
    for trial in store.trials(name, ("finished", "failed")):
        design = (trial.design or "").partition(" (")[0]  # without the fixed choices that supplement it
        if design in listed:
            whole, mistakes = store.trial(name, trial.number), store.mistakes(name, [trial.number])
            for attempt in _counting(whole):
                wrong = mistakes.get((trial.number, attempt.key.seed))
                yield _row(design, listed[design], attempt, wrong), attempt.started


def _counting(trial: TrialRecord) -> list[AttemptRecord]:
    """Return the attempt of each seed that counts: the last one that was measured, else the last one."""
    last: dict[int, AttemptRecord] = {}
    for attempt in trial.attempts:
        if attempt.measurement is not None or attempt.state == "failed":
            last[attempt.key.seed] = attempt
    return list(last.values())


def _row(design: str, choices: dict[str, Any], attempt: AttemptRecord, wrong: Any) -> Recorded:
    row = Recorded(design=design, choices=choices, seed=attempt.key.seed)
    if attempt.measurement is None:
        return row.model_copy(update={"reason": attempt.reason})
    kept = attempt.measurement.model_dump(mode="json", exclude=_NOT_PACKED, exclude_defaults=True)
    missed = {image: int(code) - 1 for image, code in enumerate(wrong.classes) if code}
    return row.model_copy(update={"measurement": kept, "mistakes": missed})


def card_of(rows: list[Recorded], days: list[str], asked: argparse.Namespace) -> Card:
    """Return the card of a table with these trainings."""
    recording = RECORDINGS[asked.table]
    images = recording.images(asked.mnist)
    splits, found = read_splits(images), TRAINERS.get("capsnet").check_data(images)
    measured = [Measurement.model_validate(row.measurement) for row in rows if row.measurement is not None]
    epochs = [record for one in measured for record in one.epochs]
    return Card(
        name=recording.name,
        data=recording.data,
        facts=dict(found.facts),
        reading=dict(found.reading or {}),
        labels=tuple(splits.validation.labels.tolist()),
        test_images=len(splits.test),
        epochs=recording.epochs,
        seeds=tuple(sorted({row.seed for row in rows})),
        fix=recording.fix,
        designs=len({row.design for row in rows}),
        listed=len(designs_of(recording.name)),
        trainings=len(rows),
        failed=sum(row.measurement is None for row in rows),
        hours=sum(record.seconds for record in epochs) / 3600,
        cpu_hours=sum(record.cpu_seconds or 0.0 for record in epochs) / 3600,
        loaded=sum(one.device.loaded for one in measured),
        devices=dict(Counter(one.device.machine for one in measured)),
        recorded_with=asked.commit,
        recorded=(min(days), max(days)),
    )


def main() -> None:
    """Pack what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=RECORDINGS)
    parser.add_argument("--storage", required=True, help="the database of `recording.py`")
    parser.add_argument("--commit", required=True, help="the commit of the code that recorded it")
    parser.add_argument("--mnist", help="the folder with MNIST's files")
    asked = parser.parse_args()
    rows: dict[tuple[str, int], Recorded] = {}
    days: list[str] = []
    if (TABLES / f"{asked.table}{CARD}").exists():
        before = read(asked.table)
        rows = {(row.design, row.seed): row for row in before.rows}
        days = list(before.card.recorded)
    with Store.open(asked.storage, create=False) as store:
        for row, began in recorded(store, asked.table):
            rows[row.design, row.seed] = row
            days.append(f"{began:%Y-%m-%d}")
    places = {design: place for place, design in enumerate(designs_of(asked.table))}
    ordered = sorted(rows.values(), key=lambda row: (places[row.design], row.seed))
    card = card_of(ordered, days, asked)
    lines = "".join(row.model_dump_json(exclude_none=True) + "\n" for row in ordered)
    (TABLES / f"{asked.table}{ROWS}").write_bytes(lzma.compress(lines.encode(), preset=9))
    (TABLES / f"{asked.table}{CARD}").write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    print(f"{card.designs} of {card.listed} designs, {card.trainings} trainings ({card.failed} failed)")


if __name__ == "__main__":
    main()
