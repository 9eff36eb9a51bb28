"""What the buttons of the pages ask the service for; each answers with a page, and needs no script."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from paretocaps.service import queueing
from paretocaps.storage.submissions import Submission
from paretocaps.web.guard.allowed import Runs
from paretocaps.web.guard.principal import Principal
from paretocaps.web.owned import (
    allowed_priority,
    own_submission,
    quota_of,
    remove_own_submission,
    resume_own,
    submit_of_trial,
    submit_study,
)
from paretocaps.web.pages.answers import Number, PageRoute, Readers, Reading
from paretocaps.web.pages.rendering import at

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Change = Literal["pause", "resume", "stop"]
_ENDS: Mapping[str, Callable[..., Submission]] = {"pause": queueing.pause, "stop": queueing.stop}


@router.post("/studies/{study}/trials")
def raise_trials(
    study: str, trials: Annotated[int, Form(ge=1, le=1_000_000)], who: Runs, readers: Reading
) -> Response:
    """Let a study have so many trials."""
    own_submission(study, who, readers.store, raising=True)
    queueing.raise_trials(
        study, trials, readers.store, owner=who.name, quota=quota_of(who), places=readers.places
    )
    return shown("studies", study)


@router.post("/studies/{study}/{change}")
def change(study: str, change: Change, who: Runs, readers: Reading) -> Response:
    """Pause, resume or stop a study."""
    _change(study, change, who, readers)
    return shown("studies", study)


@router.post("/studies/{study}/trials/{trial}/train")
def train(
    study: str,
    trial: Number,
    who: Runs,
    readers: Reading,
    epochs: Annotated[int | None, Form(ge=1, le=100_000)] = None,
) -> Response:
    """Train a trial again, for as many epochs as in its study unless others are given."""
    return _made("training", study, trial, {} if epochs is None else {"epochs": epochs}, who, readers)


@router.post("/studies/{study}/trials/{trial}/export")
def export(
    study: str,
    trial: Number,
    who: Runs,
    readers: Reading,
    training: Annotated[int | None, Form(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """Export the network of a trial, or of a training of it that was submitted."""
    return _made("export", study, trial, {} if training is None else {"training": training}, who, readers)


@router.post("/queue/{number}/priority")
def set_priority(
    number: Number, priority: Annotated[int, Form(ge=-100, le=100)], who: Runs, readers: Reading
) -> Response:
    """Give a submission another priority."""
    own_submission(number, who, readers.store)
    queueing.set_priority(number, allowed_priority(who, priority), readers.store)
    return shown("queue")


@router.post("/queue/{number}/remove")
def remove(number: Number, who: Runs, readers: Reading) -> Response:
    """Remove a submission that ended before there was a study."""
    remove_own_submission(number, who, readers.settings.folder, readers.store)
    return shown("queue")


@router.post("/queue/{number}/{change}")
def change_submission(number: Number, change: Change, who: Runs, readers: Reading) -> Response:
    """Pause, resume or stop a submission."""
    _change(number, change, who, readers)
    return shown("queue")


def _change(which: int | str, change: Change, who: Principal, readers: Readers) -> None:
    if change == "resume":
        resume_own(which, who, readers.store)
    else:
        own_submission(which, who, readers.store)
        _ENDS[change](which, readers.store)


def shown(*names: str | int, part: str = "") -> Response:
    """Return the answer that leads to a page, or a part of it, which shows what has become of a request."""
    return RedirectResponse(f"{at(*names)}{'#' if part else ''}{part}", 303)


async def submitted(readers: Reading, who: Principal, options: Mapping[str, Any], priority: int) -> Response:
    """Submit a study, and lead to its page.

    Raises:
        UsageError, DataError, MissingError, StateError: as for `submit_study`.
    """
    new = await run_in_threadpool(
        submit_study, options, who, readers.store, places=readers.places, priority=priority
    )
    return shown("studies", new.study)


def _made(
    kind: Literal["training", "export"],
    study: str,
    trial: Number,
    options: Mapping[str, int],
    who: Principal,
    readers: Readers,
) -> Response:
    """Submit what makes a model of a trial, and lead to the models on its page."""
    submit_of_trial(kind, study, trial, options, who, readers.store, places=readers.places)
    return shown("studies", study, "trials", trial, part="models")
