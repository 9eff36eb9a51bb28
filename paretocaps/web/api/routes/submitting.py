"""Submits studies, and changes, pauses, resumes and stops what was submitted."""

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from paretocaps.domain.study_file import study_part
from paretocaps.errors import StateError, UsageError
from paretocaps.service import queueing
from paretocaps.service.study_files import delete_with_files
from paretocaps.storage.submissions import UNENDED
from paretocaps.web.api import models
from paretocaps.web.api.asked import Opened, Settings
from paretocaps.web.guard.allowed import Runs, allowed
from paretocaps.web.owned import allowed_priority, own_submission, quota_of, resume_own, submit_study
from paretocaps.web.problems import problems

router = APIRouter(prefix="/studies", tags=["queue"], responses=problems(404, 409, 422))
Priority = Annotated[int, Query(ge=-100, le=100, description="higher ones begin first")]
_READ: Mapping[str, Callable[[str], Any]] = {
    "application/json": json.loads,
    "application/toml": tomllib.loads,
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/toml": {"schema": {"type": "string"}},
        },
    }
}


@router.post("", status_code=202, openapi_extra=_BODY, responses=problems(413, 415))
async def submit(
    request: Request,
    response: Response,
    who: Runs,
    settings: Settings,
    store: Opened,
    priority: Priority = 0,
) -> models.Submission:
    """Submit a study: the options of a study file, as JSON or TOML. It waits in the queue for its turn."""
    options = await study_options(request)
    new = await run_in_threadpool(
        submit_study, options, who, store, places=places_of(settings), priority=priority
    )
    response.headers["Location"] = f"/api/v1/queue/{new.id}"
    return models.Submission.of(new)


@router.patch("/{study}")
def change(
    study: str, wanted: models.Change, who: Runs, settings: Settings, store: Opened
) -> models.Submission:
    """Give a study more trials, or another priority."""
    if wanted.trials is None and wanted.priority is None:
        raise UsageError("nothing to change: give trials, priority or both")
    priority = allowed_priority(who, wanted.priority or 0)
    found = own_submission(study, who, store, raising=wanted.trials is not None)
    waits = found is not None and found.state in UNENDED
    if found is not None and wanted.priority is not None and (waits or wanted.trials is None):
        # first, so that the request can be sent again where the rest fails
        found = queueing.set_priority(found.id, priority, store)
    if wanted.trials is not None:
        found = queueing.raise_trials(
            study,
            wanted.trials,
            store,
            owner=who.name,
            priority=priority,
            quota=quota_of(who),
            places=places_of(settings),
        )
    assert found is not None
    return models.Submission.of(found)


@router.delete("/{study}", status_code=204, dependencies=[Depends(allowed("admin"))])
def delete(study: str, settings: Settings, store: Opened) -> None:
    """Delete a study, with its trials and its files."""
    if any(one.study == study for one in queueing.submissions(store, study)):
        raise StateError(f"study {study!r} is in the queue: stop it first")
    delete_with_files(study, settings.folder, store)


@router.post("/{study}/pause")
def pause(study: str, who: Runs, store: Opened) -> models.Submission:
    """Let a study wait until it is resumed; what it has trained is stored."""
    own_submission(study, who, store)
    return models.Submission.of(queueing.pause(study, store))


@router.post("/{study}/resume")
def resume(study: str, who: Runs, store: Opened) -> models.Submission:
    """Let a paused study wait for its turn."""
    return models.Submission.of(resume_own(study, who, store))


@router.post("/{study}/stop")
def stop(study: str, who: Runs, store: Opened) -> models.Submission:
    """End a study; what it has trained is stored, and submitting it again goes on with it."""
    own_submission(study, who, store)
    return models.Submission.of(queueing.stop(study, store))


def places_of(settings: Settings) -> queueing.Places:
    """Return where the service keeps and looks for files."""
    return queueing.Places(settings.folder, settings.data_root)


async def study_options(request: Request) -> dict[str, Any]:
    """Return the options of a study file that a request has as JSON or TOML.

    Raises:
        UsageError: the body is neither.
        HTTPException: it is of another type.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _READ:
        raise HTTPException(415, f"a study is sent as application/json or application/toml, not as {kind!r}")
    body = await request.body()
    try:
        options = _READ[kind](body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is not valid {kind.rpartition('/')[2]}: {error}") from None
    if not isinstance(options, Mapping):
        raise UsageError("the body is no table of options: send those of a study file")
    return study_part(options)
