"""The pages that show: the studies, one of them, its trials and figures."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.study_spec import StudySpec
from paretocaps.report.beside_baseline import choices_beside
from paretocaps.storage.records import STATES, State
from paretocaps.storage.store import Store
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.pages.answers import PageRoute, Readers, Reading, page
from paretocaps.web.pages.figures import read_figures
from paretocaps.web.pages.rendering import render
from paretocaps.web.pages.study_page import FrontPart, StudyPart, read_front, read_study
from paretocaps.web.pages.trial_page import read_trial
from paretocaps.web.pages.trials_page import PAGE, read_rows

router = APIRouter(route_class=PageRoute, dependencies=[Depends(allowed("read"))], include_in_schema=False)
_LAST = 8
"""So many of the last trials are on a study's page."""


@router.get("/")
def home(request: Request, readers: Reading) -> Response:
    """Show all studies."""
    lines = readers.overview.lines()
    return page(request, "home", "Studies", "Studies", lines=lines, asked={}, waiting=0)


@router.get("/studies/{study}")
def one_study(request: Request, study: str, readers: Reading) -> Response:
    """Show one study."""
    with Store.open(readers.storage, create=False) as store:
        shown = read_study(store, study)
        part = front_part(readers, store, shown)
        last = store.trials(study, attempts=False)[-_LAST:][::-1]
    baseline = Baseline.of(shown.spec.trainer, shown.spec.fix)
    return page(
        request,
        "study",
        study,
        "Studies",
        name=study,
        study=shown,
        part=part,
        last=last,
        beside=lambda choices: choices_beside(choices, baseline),
        asked=None,
        models=(),
        files={},
        after=0,
    )


@router.get("/studies/{study}/figures")
def figures(study: str, readers: Reading) -> Response:
    """Return the figures of a study, for the script of its page."""
    with Store.open(readers.storage, create=False) as store:
        shown = store.standing(study)
        key, version = (study, shown.created), shown.changes
        return HTMLResponse(readers.figures.get(key, version, lambda: _figures(readers, store, study)))


@router.get("/studies/{study}/trials")
def trials(
    request: Request,
    study: str,
    readers: Reading,
    state: Literal["all", State] = "all",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
) -> Response:
    """Show the trials of a study, the latest first."""
    with Store.open(readers.storage, create=False) as store:
        standing = store.standing(study)
        counts: dict[str, int] = {"all": sum(standing.trials.values()), **dict(standing.trials.items())}
        pages = max(1, -(-counts[state] // PAGE))
        spec = StudySpec.model_validate(standing.spec)
        wanted = STATES if state == "all" else (state,)
        rows = read_rows(store, study, spec, wanted, min(number, pages))
    content: dict[str, Any] = {"objectives": spec.objectives, "rows": rows, "counts": counts, "state": state}
    content |= {"page": min(number, pages), "pages": pages, "name": study}
    return page(request, "trials", f"Trials of {study}", "Studies", **content)


@router.get("/studies/{study}/trials/{trial}")
def one_trial(request: Request, study: str, trial: int, readers: Reading) -> Response:
    """Show one trial."""
    with Store.open(readers.storage, create=False) as store:
        content = read_trial(store, study, trial)
    title = f"Trial {trial} of {study}"
    return page(request, "trial", title, "Studies", name=study, models=(), files={}, after=0, **content)


def front_part(readers: Readers, store: Store, shown: StudyPart) -> FrontPart:
    """Return the front of a study as its page shows it, read again where the study has changed."""
    standing = shown.standing
    key = standing.name, standing.created
    return readers.fronts.get(key, standing.changes, lambda: read_front(store, standing.name))


def _figures(readers: Readers, store: Store, study: str) -> str:
    part = front_part(readers, store, read_study(store, study))
    drawn = {} if part.front is None else read_figures(store, study, part.front)
    return render("figures", {"name": study, "figures": drawn})
