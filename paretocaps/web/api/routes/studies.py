"""The stored studies: fronts, trials, recommendations and reports."""

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as InPath

from paretocaps import service
from paretocaps.report.places import without_folders
from paretocaps.service.settings import parse_preferences
from paretocaps.web.api import models
from paretocaps.web.api.asked import WHOLE_TOO, Asked, Kept, Opened, Whole, as_json, in_json, told
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.guard.headers import DOCUMENT
from paretocaps.web.problems import problems

router = APIRouter(
    prefix="/studies",
    tags=["studies"],
    dependencies=[Depends(allowed("read"))],
    responses=problems(404, 422),
)
Number = Annotated[int, InPath(ge=0, le=2**31 - 1)]
_LATELY = 2.0
"""Seconds for which a list of studies is kept."""


@router.get("", response_model=list[models.StudyRow])
def list_studies(store: Opened, answers: Kept) -> Response:
    """List the studies, oldest first; of a folder of images only its name is told."""

    def make() -> bytes:
        rows = service.studies(store)
        return as_json([row | {"data": without_folders(row["data"])} for row in rows])

    return in_json(answers.lately("studies", _LATELY, make))


@router.get("/{study}/front", response_model=models.Front, responses=WHOLE_TOO)
def front(study: str, view: Asked, store: Opened, answers: Kept, whole: Whole) -> Response:
    """Return the trials of a study that no other trial beats."""

    def make() -> bytes:
        return as_json(told(service.load_front(study, store, **view.given), whole))

    return in_json(answers.of_study(study, ("front", view, whole), make), whole)


@router.get("/{study}/history", response_model=list[models.HistoryRow])
def history(study: str, view: Asked, store: Opened, answers: Kept) -> Response:
    """Return the hypervolume of the front over trials and training time."""

    def make() -> bytes:
        return as_json(service.history(study, store, **view.given))

    return in_json(answers.of_study(study, ("history", view), make))


@router.get("/{study}/recommendation", response_model=models.Recommendation, responses=WHOLE_TOO)
def recommendation(
    study: str,
    view: Asked,
    store: Opened,
    answers: Kept,
    whole: Whole,
    prefer: Annotated[str | None, Query(description="how much objectives matter: acc=0.6,time=0.4")] = None,
    aim: Annotated[str | None, Query(description="levels to reach: acc>=0.98,time<=60")] = None,
    baseline: Annotated[str, Query(description="the design that the member is set beside")] = "baseline",
) -> Response:
    """Name one member of the front, with reasons."""

    def make() -> bytes:
        preferences = None if prefer is None else parse_preferences(prefer)
        found = service.recommend(
            study, store, **view.given, preferences=preferences, aim=aim, baseline=baseline
        )
        return as_json(told(found, whole))

    asked = ("recommendation", view, prefer, aim, baseline, whole)
    return in_json(answers.of_study(study, asked, make), whole)


@router.get(
    "/{study}/report",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def report(study: str, view: Asked, store: Opened, answers: Kept) -> Response:
    """Return a study's figures and tables as one page."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            page = str(Path(folder) / "report.html")
            return service.write_report(study, store, page, **view.given).read_bytes()

    content = answers.of_study(study, ("report", view), make)
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": DOCUMENT})


@router.get("/{study}/trials", response_model=list[models.TrialRow])
def trials(study: str, store: Opened, answers: Kept) -> Response:
    """List the trials of a study, in every state."""
    return in_json(answers.of_study(study, "trials", lambda: as_json(service.trials(study, store))))


@router.get("/{study}/trials/{number}", response_model=models.TrialDetail)
def trial(study: str, number: Number, store: Opened) -> Response:
    """Return a trial with its trainings, by epoch."""
    return in_json(as_json(service.trial(study, number, store)))


@router.get("/{study}/space", response_model=models.Space, responses=WHOLE_TOO)
def space(study: str, store: Opened, whole: Whole) -> Response:
    """Return what a study samples, and how many points that is."""
    return in_json(as_json(told(service.space(study, store), whole)), whole)
