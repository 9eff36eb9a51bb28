"""The queue: what the service was asked to do that takes long."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath

from paretocaps.service import queueing
from paretocaps.web.api.asked import Opened, Settings
from paretocaps.web.api.models import Submission
from paretocaps.web.guard.allowed import Runs, allowed
from paretocaps.web.owned import remove_own_submission
from paretocaps.web.problems import problems

router = APIRouter(prefix="/queue", tags=["queue"], dependencies=[Depends(allowed("read"))])
Id = Annotated[int, InPath(ge=1, le=2**31 - 1)]


@router.get("", responses=problems(422))
def queue(
    store: Opened,
    everything: Annotated[bool, Query(alias="all", description="with those that ended")] = False,
    limit: Annotated[int, Query(ge=1, le=10_000, description="the most that are listed")] = 1000,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1, description="how many of the first are left out")] = 0,
) -> list[Submission]:
    """List the submissions: those that run, those that wait by position, then the others, latest first."""
    if everything:
        return [Submission.of(one) for one in queueing.page(store, limit=limit, offset=offset)]
    return [Submission.of(one) for one in queueing.submissions(store)[offset : offset + limit]]


@router.get("/{id}", responses=problems(404, 422))
def submission(id: Id, store: Opened) -> Submission:
    """Return a submission."""
    return Submission.of(queueing.submission(id, store))


@router.delete("/{id}", status_code=204, responses=problems(403, 404, 409, 422))
def remove(id: Id, who: Runs, settings: Settings, store: Opened) -> None:
    """Remove a submission that ended before there was a study: one's own, or any with an admin's token."""
    remove_own_submission(id, who, settings.folder, store)
