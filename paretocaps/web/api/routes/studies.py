"""The stored studies: fronts, trials, recommendations and reports."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as InPath

from paretocaps import service
from paretocaps.service.settings import parse_preferences
from paretocaps.web.api import models
from paretocaps.web.api.asked import Asked, Kept, Settings, as_json, kept_json
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
def list_studies(settings: Settings, answers: Kept) -> Response:
    """List the studies, oldest first."""
    content = answers.lately("studies", _LATELY, lambda: as_json(service.studies(settings.storage)))
    return Response(content, media_type="application/json")


@router.get("/{study}/front", response_model=models.Front)
def front(study: str, view: Asked, settings: Settings, answers: Kept) -> Response:
    """Return the trials of a study that no other trial beats."""

    def make() -> dict[str, Any]:
        return service.load_front(study, settings.storage, **view.given).as_dict()

    return kept_json(answers, study, ("front", view), make)


@router.get("/{study}/history", response_model=list[models.HistoryRow])
def history(study: str, view: Asked, settings: Settings, answers: Kept) -> Response:
    """Return the hypervolume of the front over trials and training time."""

    def make() -> list[dict[str, Any]]:
        return service.history(study, settings.storage, **view.given)

    return kept_json(answers, study, ("history", view), make)


@router.get("/{study}/recommendation", response_model=models.Recommendation)
def recommendation(
    study: str,
    view: Asked,
    settings: Settings,
    answers: Kept,
    prefer: Annotated[str | None, Query(description="how much objectives matter: acc=0.6,time=0.4")] = None,
    aim: Annotated[str | None, Query(description="levels to reach: acc>=0.98,time<=60")] = None,
    baseline: Annotated[str, Query(description="the design that the member is set beside")] = "baseline",
) -> Response:
    """Name one member of the front, with reasons."""

    def make() -> dict[str, Any]:
        preferences = None if prefer is None else parse_preferences(prefer)
        found = service.recommend(
            study, settings.storage, **view.given, preferences=preferences, aim=aim, baseline=baseline
        )
        return found.as_dict()

    return kept_json(answers, study, ("recommendation", view, prefer, aim, baseline), make)


@router.get(
    "/{study}/report",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def report(study: str, view: Asked, settings: Settings, answers: Kept) -> Response:
    """Return a study's figures and tables as one page."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            page = str(Path(folder) / "report.html")
            return service.write_report(study, settings.storage, page, **view.given).read_bytes()

    content = answers.of_study(study, ("report", view), make)
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": DOCUMENT})


@router.get("/{study}/trials", response_model=list[models.TrialRow])
def trials(study: str, settings: Settings, answers: Kept) -> Response:
    """List the trials of a study, in every state."""
    return kept_json(answers, study, "trials", lambda: service.trials(study, settings.storage))


@router.get("/{study}/trials/{number}", response_model=models.TrialDetail)
def trial(study: str, number: Number, settings: Settings) -> Response:
    """Return a trial with its trainings, by epoch."""
    content = as_json(service.trial(study, number, settings.storage))
    return Response(content, media_type="application/json")


@router.get("/{study}/space", response_model=models.Space)
def space(study: str, settings: Settings) -> dict[str, Any]:
    """Return what a study samples, and how many points that is."""
    return service.space(study, settings.storage).as_dict()
