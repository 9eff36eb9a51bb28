"""Whose submissions and uploads somebody may change: their own, or any where they are an admin."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from starlette.exceptions import HTTPException

from paretocaps.domain.study_file import resolve_spec
from paretocaps.errors import MissingError, StateError, UsageError
from paretocaps.service import queueing
from paretocaps.service.picking import TRAINED
from paretocaps.service.queueing import Places
from paretocaps.service.quota import Quota
from paretocaps.service.study_files import remove_submission
from paretocaps.service.supervising.needs import data_of
from paretocaps.service.uploading import UPLOAD, find_upload, remove_upload
from paretocaps.service.uploading.sets import uploads_folder
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import Submission
from paretocaps.web.guard.principal import Principal


def quota_of(who: Principal) -> Quota:
    """Return what all submissions of a token may train."""
    return Quota(who.max_trials, who.max_hours)


def allowed_priority(who: Principal, priority: int) -> int:
    """Return a priority that a token's submissions may have.

    Raises:
        UsageError: it is above the token's highest.
    """
    if priority > who.highest_priority:
        raise UsageError(
            f"priority={priority} is above {who.highest_priority}, the highest of the token {who.name!r}:"
            " give that or less, or let whoever runs the service raise max_priority"
        )
    return priority


def own_submission(
    which: int | str, who: Principal, store: Store, *, raising: bool = False
) -> Submission | None:
    """Return a submission, by its number or its study, that a token may change: its own, or an admin's any.

    Raises:
        MissingError: there is none; with `raising`, the study may be one that was not submitted.
        HTTPException: it is another token's.
    """
    try:
        found = queueing.submission(which, store)
    except MissingError:
        if raising:
            return None
        raise
    if found.owner != who.name and not who.may("admin"):
        name = f"study {which!r}" if isinstance(which, str) else f"submission {which}"
        raise HTTPException(
            403, f"{name} was submitted by the token {found.owner!r}: use that one, or an admin's"
        )
    return found


def resume_own(which: int | str, who: Principal, store: Store) -> Submission:
    """Let a submission go on that a token may change, with the hours that the token has now if it is its own.

    The errors are those of `own_submission` and `queueing.resume`.
    """
    found = own_submission(which, who, store)
    own = found is not None and found.owner == who.name
    return queueing.resume(which, store, quota=quota_of(who) if own else None)


def remove_own_submission(number: int, who: Principal, folder: Path, store: Store) -> None:
    """Remove a submission that ended before there was a study: one of the token's own, or an admin's any.

    Raises:
        MissingError: there is none.
        StateError: it has not ended, there is its study, or it counts for the token's quota of hours.
        HTTPException: it is another token's.
    """
    found = own_submission(number, who, store)
    if found and found.fills_quota and not who.may("admin"):
        raise StateError(f"submission {number} counts for a quota of hours: an admin may remove it")
    remove_submission(number, folder, store)


def check_training_of(study: str, trial: int, number: int, store: Store) -> None:
    """Check that a submission is a training of the study's trial.

    Raises:
        MissingError: it is none.
    """
    found = queueing.submission(number, store)
    own = found.result.get("trial", found.options.get("trial", trial))
    if (found.kind, found.study, own) != ("training", study, trial):
        raise MissingError(
            f"submission {number} is no training of trial {trial} of study {study!r}: name one that is"
        )


def submit_study(
    options: Mapping[str, Any], who: Principal, store: Store, *, places: Places, priority: int = 0
) -> Submission:
    """Submit a study that is new, or the token's own, or any where it is an admin's; return the submission.

    Args:
        options: those of a study file.
        who: whose submission it is.
        store: has the studies.
        places: where the service keeps and looks for files.
        priority: higher ones begin first.

    Raises:
        UsageError, DataError, MissingError, StateError: see `queueing.submit` and `allowed_priority`.
        HTTPException: the study is another token's.
    """
    name = options.get("study", "default")
    if not isinstance(name, str):
        raise UsageError(f"study={name!r} is not allowed: it should be text")
    resolve_spec({"study": name})  # before it is looked for
    own_submission(name, who, store, raising=True)
    return queueing.submit(
        "study",
        name,
        options,
        store,
        owner=who.name,
        priority=allowed_priority(who, priority),
        quota=quota_of(who),
        places=places,
    )


def submit_of_trial(
    kind: Literal["training", "export"],
    study: str,
    trial: int,
    options: Mapping[str, Any],
    who: Principal,
    store: Store,
    *,
    places: Places,
    priority: int = 0,
) -> Submission:
    """Submit what makes a model of a trial, and return it: a training of it, or an export of its network.

    Args:
        kind: what is made.
        study: the name of the study.
        trial: the number of the trial.
        options: the further options of the submission; `training` must be one of the trial.
        who: whose submission it is.
        store: has the study.
        places: where the service keeps and looks for files.
        priority: higher ones begin first.

    Raises:
        StorageError: there is no such study or trial.
        StateError: nothing of the trial was measured.
        UsageError, MissingError, StateError: see `queueing.submit`, `allowed_priority` and
            `check_training_of`.
    """
    state = store.trial(study, trial).state
    if state not in TRAINED:
        raise StateError(f"trial {trial} of study {study!r} is {state}: choose a finished one")
    if "training" in options:
        check_training_of(study, trial, options["training"], store)
    return queueing.submit(
        kind,
        study,
        {"trial": trial, **options},
        store,
        owner=who.name,
        priority=allowed_priority(who, priority),
        quota=quota_of(who),
        places=places,
    )


def remove_own_upload(folder: Path, name: str, who: Principal, store: Store) -> None:
    """Remove an upload of a service's folder: one of the token's own, or any if it is an admin's.

    Raises:
        MissingError: there is none of that name.
        StateError: a study, or a training of one, that has not ended is trained on it.
        HTTPException: it is another token's.
    """
    found = find_upload(folder, name)
    if found.owner != who.name and not who.may("admin"):
        raise HTTPException(
            403, f"{name!r} was uploaded with the token {found.owner!r}: use that one, or an admin's"
        )
    names = f"{UPLOAD}{name}", str((uploads_folder(folder) / name).resolve())
    for one in queueing.submissions(store):
        if one.kind != "export" and data_of(one, store) in names:
            what = "study" if one.kind == "study" else "a training of study"
            raise StateError(f"{what} {one.study!r} is {one.state} and trained on {name!r}: stop it first")
    remove_upload(folder, name)
