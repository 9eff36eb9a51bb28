"""The queue: what the service was asked to do that takes long."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath

from paretocaps.service import queueing
from paretocaps.web.api.asked import Opened
from paretocaps.web.api.models import Submission
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.problems import problems

router = APIRouter(prefix="/queue", tags=["queue"], dependencies=[Depends(allowed("read"))])
Id = Annotated[int, InPath(ge=1, le=2**31 - 1)]


@router.get("", responses=problems(422))
def queue(
    store: Opened,
    everything: Annotated[bool, Query(alias="all", description="with those that ended")] = False,
) -> list[Submission]:
    """List the submissions: those that run, those that wait by position, then the others."""
    return [Submission.of(one) for one in queueing.submissions(store, all=everything)]


@router.get("/{id}", responses=problems(404, 422))
def submission(id: Id, store: Opened) -> Submission:
    """Return a submission."""
    return Submission.of(queueing.submission(id, store))
