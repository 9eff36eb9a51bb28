import pytest

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.study_spec import StudySpec
from paretocaps.report.beside_baseline import choices_beside
from paretocaps.web.pages import trials_page
from paretocaps.web.pages.trials_page import read_rows


@pytest.fixture
def spec(store):
    return StudySpec.model_validate(store.study("demo").spec)


def test_the_latest_trials_come_first_a_page_at_a_time(store, spec, monkeypatch):
    monkeypatch.setattr(trials_page, "PAGE", 2)
    pages = [
        [row.number for row in read_rows(store, "demo", spec, ["finished"], page)] for page in (1, 2, 3, 4)
    ]
    assert pages == [[4, 3], [2, 1], [0], []]
    assert read_rows(store, "demo", spec, ["failed"], 1) == []


def test_a_row_has_the_values_of_its_trial_and_what_it_is(store, spec):
    for row in read_rows(store, "demo", spec, ["finished"], 1):
        trial = store.trial("demo", row.number)
        (attempt,) = trial.attempts
        measured = [attempt.measurement.quantity(name) for name in spec.objectives]
        assert [cell.value for cell in row.cells] == pytest.approx(measured)
        assert row.beside == (
            trial.design or choices_beside(trial.choices, Baseline.of(spec.trainer, spec.fix))
        )
        assert (row.state, row.reason) == ("finished", None)
