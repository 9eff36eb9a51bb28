"""Writes the table of epochs in a training's folder."""

import csv
import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from paretocaps.domain.measurement import EpochRecord
from paretocaps.writing import whole_file


@dataclass
class EpochsFile:
    """A CSV table that gets one row per finished epoch; its columns are the fields of `EpochRecord`.

    Attributes:
        path: the file.
        records: the records so far.
    """

    path: Path
    records: list[EpochRecord] = field(default_factory=list)
    _begun: bool = False

    def add(self, record: EpochRecord) -> None:
        """Write the next row; the first one that can be written replaces the file.

        A disk that is full ends no training: `settle` writes all rows anew, and the measurement has them.
        """
        self.records.append(record)
        try:
            if self._begun:
                with self.path.open("a") as stream:
                    stream.write(_table([record], header=False))
            else:
                with whole_file(self.path) as whole:
                    whole.write(_table(self.records, header=True).encode())
            self._begun = True
        except OSError:
            self._begun = False  # the next row writes all of them anew

    def settle(self, records: tuple[EpochRecord, ...]) -> None:
        """Replace the rows by the final records of the training; without records, keep the rows."""
        if records:
            with suppress(OSError), whole_file(self.path) as stream:
                stream.write(_table(records, header=True).encode())


def _table(records: Iterable[EpochRecord], *, header: bool) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(EpochRecord.model_fields), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(record.model_dump() for record in records)
    return text.getvalue()
