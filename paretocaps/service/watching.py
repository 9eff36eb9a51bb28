"""What happened to a study, for those who watch it."""

from typing import TYPE_CHECKING

from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.service.opened import Storage, opened

if TYPE_CHECKING:
    from paretocaps.storage.events import Event


def events(
    study: str, storage: Storage = DEFAULT_STORAGE, after: int = 0, limit: int = 1000
) -> "list[Event]":
    """Return the events of a study with numbers above `after`, oldest first, at most `limit`.

    They are numbered from 1 without gaps, in the order in which they became visible, and never change; they
    begin with the study's submission, where it was submitted, and are there of studies that `optimize` runs,
    too. Those of before version 0.2 of the package are missing. Kinds and their payloads:

    - `state`: a submission's `submission` (its number), `kind`, `state`, `wanted` and `reason`.
    - `trial`: its number `trial` and `state`: "running" with its `choices` and `design`; "finished" with
      `values`, the means over its seeds; "rejected" with `predicted` values and a `reason`; "failed",
      "stopped" and "interrupted" with a `reason`.
    - `epoch`: of a training, which is told by `trial`, `seed` and `attempt`, or where it was submitted by
      `submission`, `trial` and `seed`: `epoch`, `acc`, `train_loss`, `val_loss`, the training `seconds` of
      the epoch, and `time`, those of all epochs so far.
    - `front`: `objectives`, the numbers of the `members`, best in the first objective first, the
      `hypervolume`, and `trials`, how many were finished.
    - `notice`: a `text`, and the `submission` whose process tells it.

    Raises:
        StorageError: there is no such database, or neither a study nor a submission of that name.
    """
    with opened(storage) as store:
        found = store.events(study, after, limit)
        if not found and not store.submissions(study):
            store.study(study)  # whose error lists the known ones
        return found
