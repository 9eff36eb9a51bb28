"""The rows of the page of a study's trials."""

from collections.abc import Collection
from dataclasses import dataclass

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import StudySpec
from paretocaps.report.beside_baseline import choices_beside
from paretocaps.report.front_section import Cell
from paretocaps.report.tables import estimate_text
from paretocaps.search.views import trials_of
from paretocaps.storage.records import State
from paretocaps.storage.store import Store

PAGE = 100
"""So many trials are on a page."""


@dataclass(frozen=True)
class TrialRow:
    """A trial: its values in the objectives, and its choices beside the baseline, in words."""

    number: int
    state: State
    cells: tuple[Cell, ...]
    beside: str
    reason: str | None


def read_rows(
    store: Store, study: str, spec: StudySpec, states: Collection[State], page: int
) -> list[TrialRow]:
    """Return the trials of a study in one of `states` that are on a page, counted from 1, the latest first.

    Raises:
        StorageError: there is no such study.
    """
    records = store.latest_trials(study, states, PAGE, (page - 1) * PAGE)
    objectives = parse_objectives(spec.objectives)
    numbers = [record.number for record in records]
    known = {
        one.trial: one
        for stopped in (False, True)
        for one in trials_of(store, study, objectives, stopped=stopped, numbers=numbers).members
    }
    baseline = Baseline.of(spec.trainer, spec.fix)
    rows = []
    for record in records:
        member = known.get(record.number, FrontMember(record.number, record.choices, {}))
        estimates = [(o, member.estimate(o.name)) for o in objectives]
        cells = tuple(Cell(estimate_text(o, one), one.value) for o, one in estimates)
        beside = record.design or choices_beside(record.choices, baseline)
        rows.append(TrialRow(record.number, record.state, cells, beside, record.reason))
    return rows
