"""What is asked of the service that takes long: it waits in a queue, which is a table of the database.

Nothing here starts or ends a process: `paretocaps.service.supervising` does, where the service runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.duration import lasting_text
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.errors import MissingError, StateError, UsageError
from paretocaps.service.opened import Storage, opened
from paretocaps.service.quota import UNLIMITED, Quota
from paretocaps.service.turn_order import in_order

if TYPE_CHECKING:
    from paretocaps.storage.store import Store
    from paretocaps.storage.submissions import Submission, SubmissionKind

DEFAULT_FOLDER = Path("studies/service")
"""The service folder: what the service keeps that is not in the database."""


@dataclass(frozen=True)
class Places:
    """Where the service keeps and looks for files.

    Attributes:
        folder: the service folder.
        data_root: the folder below which the data of submitted studies lie; None to allow uploads alone.
    """

    folder: Path = DEFAULT_FOLDER
    data_root: Path | None = None


MOST_UNENDED = 500
"""How many submissions of one owner may wait, run or be paused: each look puts the whole queue in order."""


def submit(
    kind: "SubmissionKind",
    study: str,
    options: Mapping[str, Any],
    storage: Storage = DEFAULT_STORAGE,
    *,
    owner: str = "",
    priority: int = 0,
    quota: Quota = UNLIMITED,
    places: Places | None = None,
) -> "Submission":
    """Put something at the end of the queue, and return it with its position.

    Args:
        kind: "study" runs a study, "training" trains one of its trials, "export" exports a network.
        study: the name of the study.
        options: those of `optimize`; or the way to pick a trial, with `epochs`, `settings`, `device` and
            `checkpoint_every` for a training, or `class_names` and `onnx` for an export, which may name by
            `training` a training that was submitted instead. All in values that JSON can hold.
        storage: path of an SQLite file, database URL or open store; it is made if it is missing.
        owner: the name of the token that submits it.
        priority: higher ones begin first.
        quota: what all submissions of the owner may train.
        places: where the service keeps and looks for files.

    Raises:
        UsageError: an option is not allowed, or only the service may set it.
        DataError: the data are not in the data root.
        MissingError: there is no such upload.
        StudyMismatchError: there is a study of that name with other settings, which may not change.
        StateError: the study is already queued, running or paused, the owner's quota is used up, or the
            owner has too many submissions that have not ended.
    """
    from paretocaps.service.submitted import check_submitted
    from paretocaps.storage.submissions import UNENDED, NewSubmission

    own = places or Places()
    with opened(storage, create=True) as store:
        trials = check_submitted(kind, study, options, own.data_root, own.folder, store)
        values = dict(options)
        if kind == "study":
            values["trials"] = trials
            trials = max(0, trials - _begun(store, study))
        else:
            store.study(study)
        _check_hours(store, owner, quota)
        if sum(one.owner == owner for one in store.submissions(states=UNENDED)) >= MOST_UNENDED:
            raise StateError(
                f"{owner!r} has {MOST_UNENDED} submissions that have not ended: wait, or stop some"
            )
        new = NewSubmission(kind, study, values, owner, priority, quota.hours, trials)
        return _placed(store, store.add_submission(new, quota.trials))


def submissions(
    storage: Storage = DEFAULT_STORAGE, study: str | None = None, *, all: bool = False
) -> "list[Submission]":
    """Return the submissions that have not ended, of a study or of all, or with `all` those that have, too.

    The running ones come first, then those in the queue by position, then the others, the latest first.

    Raises:
        StorageError: there is no such database.
    """
    from paretocaps.storage.submissions import SUBMISSION_STATES, UNENDED

    with opened(storage) as store:
        found = store.submissions(study, SUBMISSION_STATES if all else UNENDED)
        order = _order(store) if any(one.state == "queued" for one in found) else {}
    placed = [replace(one, position=order.get(one.id)) for one in found]
    first = {"running": 0, "queued": 1, "paused": 2}
    return sorted(placed, key=lambda one: (first.get(one.state, 3), one.position or -one.id))


def page(storage: Storage = DEFAULT_STORAGE, *, limit: int, offset: int = 0) -> "list[Submission]":
    """Return so many submissions in the order of `submissions`, with those that ended, after the first ones.

    Raises:
        StorageError: there is no such database.
    """
    from paretocaps.storage.submissions import SUBMISSION_STATES, UNENDED

    over = [state for state in SUBMISSION_STATES if state not in UNENDED]
    with opened(storage) as store:
        waiting = submissions(store)
        shown = waiting[offset : offset + limit]
        left = limit - len(shown)
        return [*shown, *store.latest_submissions(over, left, max(0, offset - len(waiting)))]


def submission(which: int | str, storage: Storage = DEFAULT_STORAGE) -> "Submission":
    """Return a submission by its number, or by the name of a study the latest one that ran it.

    Raises:
        StorageError: there is no such database.
        MissingError: there is none.
    """
    with opened(storage) as store:
        return _placed(store, _found(store, which))


def pause(which: int | str, storage: Storage = DEFAULT_STORAGE) -> "Submission":
    """Let a submission wait until it is resumed; a running one ends with all that it has stored.

    The arguments and errors are those of `submission`.

    Raises:
        StateError: it has ended.
    """
    with opened(storage) as store:
        return _placed(store, store.want(_found(store, which).id, "paused"))


def resume(which: int | str, storage: Storage = DEFAULT_STORAGE, quota: Quota | None = None) -> "Submission":
    """Let a paused submission wait for its turn.

    The arguments and errors are those of `submission`.

    Args:
        which: the submission.
        storage: where it is stored.
        quota: what its owner may train now, whose hours count from now on; None for those of before.

    Raises:
        StateError: it is not paused.
    """
    with opened(storage) as store:
        found = _found(store, which)
        return _placed(store, store.resume(found.id, None if quota is None else (quota.hours,)))


def stop(which: int | str, storage: Storage = DEFAULT_STORAGE) -> "Submission":
    """End a submission; all that is stored stays, and a study that is submitted again goes on.

    The arguments and errors are those of `submission`.

    Raises:
        StateError: it has ended.
    """
    with opened(storage) as store:
        return _placed(store, store.want(_found(store, which).id, "stopped"))


def set_priority(which: int | str, priority: int, storage: Storage = DEFAULT_STORAGE) -> "Submission":
    """Give a submission another priority.

    The arguments and errors are those of `submission`.

    Raises:
        StateError: it has ended.
    """
    with opened(storage) as store:
        return _placed(store, store.set_priority(_found(store, which).id, priority))


def raise_trials(
    study: str,
    trials: int,
    storage: Storage = DEFAULT_STORAGE,
    *,
    owner: str = "",
    priority: int = 0,
    quota: Quota = UNLIMITED,
    places: Places | None = None,
) -> "Submission":
    """Let a study have so many finished trials in all: its submission, or a new one if it has ended.

    A process that runs the study begins anew, with the higher number, when its next trial has ended.

    Args:
        study: the name of the study, which may be one that was not submitted.
        trials: how many it shall have.
        storage: path of an SQLite file, database URL or open store.
        owner, priority, quota, places: see `submit`; what waits or runs keeps its priority.

    Raises:
        StorageError: there is no such database, or neither a study nor a submission of that name.
        UsageError: the study is to have as many trials, or more.
        StateError: the owner's quota is used up.
    """
    from paretocaps.storage.submissions import UNENDED

    with opened(storage) as store:
        for one in store.submissions(study, UNENDED):
            if one.kind == "study":
                _refuse_fewer(study, trials, one.options["trials"])
                return _placed(store, store.raise_submission(one.id, trials, quota.trials))
        _refuse_fewer(study, trials, store.study(study).spec.get("trials", 0))
        return submit(
            "study",
            study,
            {"trials": trials},
            store,
            owner=owner,
            priority=priority,
            quota=quota,
            places=places,
        )


def _refuse_fewer(study: str, trials: int, known: int) -> None:
    if trials <= known:
        raise UsageError(f"trials={trials}: study {study!r} is to have {known} already: give more")


def _check_hours(store: "Store", owner: str, quota: Quota) -> None:
    if quota.hours is not None and (used := store.spent(owner)[1]) >= quota.hours * 3600:
        raise StateError(
            f"the quota of {owner!r} is {quota.hours:g} hours, and {lasting_text(used)} were used: ask"
            " whoever runs the service for more"
        )


def _begun(store: "Store", study: str) -> int:
    if not store.has_study(study):
        return 0
    counts = store.counts(study)
    return counts["finished"] + counts["stopped"] + counts["interrupted"]


def _found(store: "Store", which: int | str) -> "Submission":
    if isinstance(which, int):
        return store.submission(which)
    found = store.study_submission(which)
    if found is None:
        raise MissingError(f"study {which!r} was not submitted to the service: submit it, or name another")
    return found


def _placed(store: "Store", one: "Submission") -> "Submission":
    """Return a submission with its position, if it is queued."""
    return replace(one, position=_order(store).get(one.id)) if one.state == "queued" else one


def _order(store: "Store") -> dict[int, int]:
    """Return the positions of what is queued, counted from 1, by number."""
    order = in_order(store.submissions(states=("queued", "running")))
    return {one.id: place for place, one in enumerate(order, start=1)}
