"""What is asked of the service that takes long: it waits in a queue, which is a table of the database.

Nothing here starts or ends a process: `paretocaps.service.supervising` does, where the service runs.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.errors import MissingError
from paretocaps.service.opened import Storage, opened
from paretocaps.service.quota import UNLIMITED, Quota
from paretocaps.service.turn_order import in_order

if TYPE_CHECKING:
    from paretocaps.storage.store import Store
    from paretocaps.storage.submissions import Submission, SubmissionKind


def submit(
    kind: "SubmissionKind",
    study: str,
    options: Mapping[str, Any],
    storage: Storage = DEFAULT_STORAGE,
    *,
    owner: str = "",
    priority: int = 0,
    quota: Quota = UNLIMITED,
) -> "Submission":
    """Put something at the end of the queue, and return it with its position.

    Args:
        kind: "study" runs a study, "training" trains one of its trials, "export" exports its network.
        study: the name of the study.
        options: those of `optimize`, `train` or `export`, by name, in values that JSON can hold.
        storage: path of an SQLite file, database URL or open store; it is made if it is missing.
        owner: the name of the token that submits it.
        priority: higher ones begin first.
        quota: what all submissions of the owner may train.

    Raises:
        UsageError: an option is not allowed.
        StateError: the study is already queued, running or paused, or the owner's quota is used up.
    """
    from paretocaps.storage.submissions import NewSubmission

    new = NewSubmission(kind, study, dict(options), owner, priority, quota.hours)
    with opened(storage, create=True) as store:
        return _placed(store, store.add_submission(new))


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
        placed = [_placed(store, one) for one in found]
    states = ("running", "queued", "paused", "stopped", "ended", "failed")
    return sorted(placed, key=lambda one: (states.index(one.state), one.position or -one.id))


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


def resume(which: int | str, storage: Storage = DEFAULT_STORAGE) -> "Submission":
    """Let a paused submission wait for its turn.

    The arguments and errors are those of `submission`.

    Raises:
        StateError: it is not paused.
    """
    with opened(storage) as store:
        return _placed(store, store.resume(_found(store, which).id))


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
    quota: Quota = UNLIMITED,
) -> "Submission":
    """Let a study have so many finished trials in all: its submission, or a new one if it has ended.

    Args:
        study: the name of the study, which may be one that was not submitted.
        trials: how many it shall have.
        storage: path of an SQLite file, database URL or open store.
        owner, quota: see `submit`.

    Raises:
        StorageError: there is no such database, or neither a study nor a submission of that name.
        UsageError: the study has as many trials, or more.
        StateError: the owner's quota is used up.
    """
    from paretocaps.storage.submissions import UNENDED

    with opened(storage) as store:
        for one in store.submissions(study, UNENDED):
            if one.kind == "study":
                return _placed(store, store.set_options(one.id, {**one.options, "trials": trials}))
        store.study(study)
        return submit("study", study, {"trials": trials}, store, owner=owner, quota=quota)


def _found(store: "Store", which: int | str) -> "Submission":
    if isinstance(which, int):
        return store.submission(which)
    found = [one for one in store.submissions(which) if one.kind == "study"]
    if not found:
        raise MissingError(f"study {which!r} was not submitted to the service: submit it, or name another")
    return found[-1]


def _placed(store: "Store", one: "Submission") -> "Submission":
    """Return a submission with its position, if it is queued."""
    if one.state != "queued":
        return one
    order = [other.id for other in in_order(store.submissions(states=("queued", "running")))]
    return replace(one, position=order.index(one.id) + 1 if one.id in order else None)
