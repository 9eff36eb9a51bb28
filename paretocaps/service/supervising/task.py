"""What the process of a submission is told when it starts."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Task:
    """What to run, and where.

    Attributes:
        storage: the storage URL.
        folder: the service folder.
        data_root: the folder below which the data of studies lie; None for none.
        executor: the executor of all studies; None for the default one.
        submission: the number of the submission.
        token: the token whose turn it is.
    """

    storage: str
    folder: Path
    data_root: Path | None
    executor: str | None
    submission: int
    token: str

    def written(self) -> str:
        """Return it as a line of JSON, which goes through a pipe: a storage URL may have a password."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def read(cls, line: str) -> Self:
        """Return what `written` wrote."""
        given = json.loads(line)
        root = given.pop("data_root")
        folder = Path(given.pop("folder"))
        return cls(folder=folder, data_root=None if root is None else Path(root), **given)
