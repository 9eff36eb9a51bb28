"""The table of epochs that a training keeps in its folder."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from paretocaps.domain.measurement import EpochRecord
from paretocaps.errors import naming
from paretocaps.writing import whole_file


@dataclass
class EpochsFile:
    """A table (CSV) with a row per epoch, written as they come; its columns are the fields of `EpochRecord`.

    Attributes:
        path: where it is.
        told: the records so far.
    """

    path: Path
    told: list[EpochRecord] = field(default_factory=list)

    def add(self, record: EpochRecord) -> None:
        """Write the next row; the first one begins the file."""
        self.told.append(record)
        first = len(self.told) == 1
        with naming(self.path), self.path.open("w" if first else "a") as stream:
            stream.write(_table([record], header=first))

    def settle(self, records: tuple[EpochRecord, ...]) -> None:
        """Write the rows again, with what the end of the training says of them."""
        if records:
            with whole_file(self.path) as stream:
                stream.write(_table(records, header=True).encode())


def _table(records: Iterable[EpochRecord], *, header: bool) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(EpochRecord.model_fields), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(record.model_dump() for record in records)
    return text.getvalue()
