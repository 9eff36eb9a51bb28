"""The pages that show: the studies, one of them, its trials and figures."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.failure import storable
from paretocaps.domain.study_spec import StudySpec
from paretocaps.report.beside_baseline import choices_beside
from paretocaps.report.study_facts import settings_texts
from paretocaps.service import queueing
from paretocaps.service.study_files import files_of, study_files
from paretocaps.storage.records import STATES, State
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import Submission
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.pages.answers import Number, PageRoute, Readers, Reading, page
from paretocaps.web.pages.figures import read_figures
from paretocaps.web.pages.rendering import render
from paretocaps.web.pages.study_page import FrontPart, StudyPart, read_front, read_study
from paretocaps.web.pages.trial_page import read_trial
from paretocaps.web.pages.trials_page import PAGE, read_rows

router = APIRouter(route_class=PageRoute, dependencies=[Depends(allowed("read"))], include_in_schema=False)
_OPENING = 0.03
"""Seconds for which a page that is opened waits for fronts; its script asks for the others."""
_LAST = 8
"""So many of the last trials, and of the models, are on a study's page."""
_EVENTS = 20
"""A notice is shown as long as it is among so many of the latest events."""
_ENDED = 50
"""So many submissions that have ended are on the page of the queue."""


@router.get("/")
def home(request: Request, readers: Reading) -> Response:
    """Show all studies."""
    fetched = request.headers.get("sec-fetch-dest") == "empty"  # by the script, which renews the page
    lines = readers.overview.lines(None if fetched else _OPENING)
    waits = queueing.submissions(readers.store)
    asked = {one.study: one.state for one in waits[::-1] if one.kind == "study"}
    states: dict[str, str] = {
        one.name: one.state if one.state == "running" else asked.get(one.name, one.state) for one in lines
    }
    new = [one for one in waits if one.kind == "study" and one.study not in states]
    states |= {one.study: one.state for one in new}
    waiting = sum(one.state == "queued" for one in waits)
    wanted = {one.study: _asked_for(one) for one in waits if one.kind == "study"}
    content: dict[str, Any] = {"lines": lines, "states": states, "new": new, "waiting": waiting}
    content["wanted"] = {one.name: max(one.wanted or 0, wanted.get(one.name, 0)) for one in lines}
    return page(request, "home", "Studies", "Studies", **content)


@router.get("/studies/{study}")
def one_study(request: Request, study: str, readers: Reading) -> Response:
    """Show one study, or what was submitted to become one."""
    store = readers.store
    own = queueing.submissions(store, study, all=True)
    asked = max((one for one in own if one.kind == "study"), key=lambda one: one.id, default=None)
    last_event = store.last_event(study)
    common: dict[str, Any] = {"name": study, "asked": asked, "after": last_event}
    common["notice"] = _notice(store, study, last_event) if asked and asked.state == "running" else ""
    if asked is not None and not store.has_study(study):
        settings = settings_texts({"study": study, **asked.options})
        return page(request, "waiting", study, "Studies", settings=settings, **common)
    shown, last = read_study(store, study, readers.seconds), store.latest_trials(study, limit=_LAST)
    wanted = max(shown.spec.trials, _asked_for(asked))
    if asked is not None and asked.ended is not None:
        later = shown.state == "running" or any(one.created > asked.ended for one in last)
        common["asked"] = None if later else asked  # `optimize` went on since
    baseline = Baseline.of(shown.spec.trainer, shown.spec.fix)
    return page(
        request,
        "study",
        study,
        "Studies",
        study=shown,
        wanted=wanted,
        part=front_part(readers, shown),
        last=last,
        beside=lambda choices: choices_beside(choices, baseline),
        models=[one for one in own if one.kind != "study"][:_LAST],
        files=list(files_of(own, readers.settings.folder)),
        **common,
    )


def _asked_for(one: Submission | None) -> int:
    """Return how many trials a study is to have by a submission that has not ended; 0 where none says it."""
    return 0 if one is None or one.ended is not None else int(one.options.get("trials") or 0)


@router.get("/studies/{study}/figures")
def figures(study: str, readers: Reading) -> Response:
    """Return the figures of a study, for the script of its page."""

    def make() -> bytes:
        front = read_front(readers.store, study).front  # not a kept one: the answer stands for this version
        drawn = {} if front is None else read_figures(readers.store, study, front)
        return render("figures", {"name": study, "figures": drawn}).encode()

    return HTMLResponse(readers.answers.of_study(study, "figures", make))


@router.get("/studies/{study}/trials")
def trials(
    request: Request,
    study: str,
    readers: Reading,
    state: Literal["all", State] = "all",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
) -> Response:
    """Show the trials of a study, the latest first."""
    standing = readers.store.standing(study)
    counts: dict[str, int] = {"all": sum(standing.trials.values()), **dict(standing.trials.items())}
    pages = max(1, -(-counts[state] // PAGE))
    spec = StudySpec.model_validate(standing.spec)
    wanted = STATES if state == "all" else (state,)
    rows = read_rows(readers.store, study, spec, wanted, min(number, pages))
    content: dict[str, Any] = {"objectives": spec.objectives, "rows": rows, "counts": counts, "state": state}
    content |= {"page": min(number, pages), "pages": pages, "name": study}
    return page(request, "trials", f"Trials of {study}", "Studies", **content)


@router.get("/studies/{study}/trials/{trial}")
def one_trial(request: Request, study: str, trial: Number, readers: Reading) -> Response:
    """Show one trial."""
    return trial_page(request, study, trial, readers)


@router.get("/queue")
def queue(request: Request, readers: Reading) -> Response:
    """Show what runs, what waits, and what has ended lately."""
    store, found = readers.store, queueing.submissions(readers.store)
    by_state = {
        state: [one for one in found if one.state == state] for state in ("running", "queued", "paused")
    }
    last = queueing.page(store, limit=_ENDED, offset=len(found))
    removable = {one.id for one in last if one.kind == "study" and not store.has_study(one.study)}
    parts: dict[str, Any] = {"running": by_state["running"], "waiting": by_state["queued"]}
    parts |= {"paused": by_state["paused"], "ended": last, "removable": removable}
    return page(request, "queue", "Queue", "Queue", **parts)


def trial_page(request: Request, study: str, trial: int, readers: Readers, **further: Any) -> Response:
    """Return the page of a trial, with what is shown besides."""
    store = readers.store
    own = queueing.submissions(store, study, all=True)
    models = [one for one in own if one.kind != "study" and one.options.get("trial") == trial]
    content = read_trial(store, study, trial) | {"name": study, "models": models}
    files = [one for one in study_files(study, readers.settings.folder, store) if one.trial == trial]
    content |= {"after": store.last_event(study), "files": files, "predictions": ()}
    content |= {"exported": any(one.kind == "export" for one in files), **further}
    return page(request, "trial", f"Trial {trial} of {study}", "Studies", **content)


def front_part(readers: Readers, shown: StudyPart) -> FrontPart:
    """Return the front of a study as its page shows it, read again where the study has changed."""
    standing = shown.standing
    key = standing.name, standing.created
    return readers.fronts.get(key, standing.changes, lambda: read_front(readers.store, standing.name))


def _notice(store: Store, study: str, last: int) -> str:
    """Return what a study told last, if that is among its latest events."""
    told = [one for one in store.events(study, last - _EVENTS) if one.kind == "notice"]
    return storable(str(told[-1].payload.get("text", ""))) if told else ""
