import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps.domain.failure import Failure
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.optuna_study import open_optuna_study
from paretocaps.search.results import Results
from paretocaps.search.same_training import SameTraining
from paretocaps.search.samplers import SAMPLERS
from paretocaps.search.stopping.stopping import Stopping
from paretocaps.storage.store import Store
from paretocaps.testing.probe import PROBE


class Counted:
    """An observer that counts the trials of others."""

    def __init__(self):
        self.others = 0

    def others_finished(self, trials):
        self.others += trials

    def __getattr__(self, name):
        return lambda *_: None


@pytest.fixture
def results(run, storage):
    run(trials=2)
    objectives = parse_objectives("acc,time")
    with (
        Store.open(storage, create=False) as store,
        open_optuna_study(storage, "s", objectives, SAMPLERS.get("random").optuna(0, 9)) as study,
    ):
        known = KnownTrials(store, "s", SameTraining(PROBE, 2, None))
        spec = StudySpec(study="s", trials=9)
        stopping = Stopping(spec, objectives, PROBE, {}, store)
        yield Results(spec, objectives, store, study, known, Counted(), stopping)


def finish_elsewhere(results, number):
    measured = results.store.trial("s", 0).attempts[0].measurement
    fill_study(results.store, "s", [FinishedTrial(number, {"another": number}, {0: measured})])


def test_what_other_drivers_finish_is_taken_in_and_counted(results):
    assert not results.take_in()
    finish_elsewhere(results, 7)
    assert results.take_in()
    assert results.standing.table.trials.tolist() == [0, 1, 7]
    finish_elsewhere(results, 8)
    finish_elsewhere(results, 9)
    assert results.take_in(own=9)
    assert results.observer.others == 2


def test_a_front_is_ranked_again_if_others_went_on_meanwhile(results, monkeypatch):
    update, tries = results.standing.update, []

    def slowly(*asked):
        if not tries:
            finish_elsewhere(results, 7)
        tries.append(update(*asked))
        return tries[-1]

    monkeypatch.setattr(results.standing, "update", slowly)
    results.rank()
    assert tries == [False, True]
    assert len(results.standing.table) == 3


def test_what_optuna_was_told_before_stays(results):
    results.tell(0)
    results.tell_failed(1)
    assert [trial.state.name for trial in results.study.get_trials()] == ["COMPLETE", "COMPLETE"]
    results.give_up_told()


def test_a_failure_of_a_trial_that_has_failed_is_only_stored(results):
    results.store.start_trial("s", 2, {"learning_rate": 0.5})
    key = results.store.start_attempt("s", 2, 0)
    failure = Failure("no luck")
    assert results.settle(key, None, failure) is failure
    assert results.failures.trials == 0
    assert results.store.trial("s", 2).attempts[0].reason == "no luck"


def test_a_training_is_shown_with_its_choices_its_curve_and_its_folder(run):
    _, watcher = run(trials=2, epochs=3, repeats=2)
    assert [ended.key.seed for ended in watcher.ended] == [0, 1, 0, 1]
    for ended in watcher.ended:
        assert len(ended.measurement.epochs) == 3
        assert set(ended.choices) >= {"learning_rate"}
        assert (ended.folder / "measurement.json").exists()
        assert not ended.stopped
    assert [ended.design for ended in watcher.ended[:2]] == ["slow", "slow"]
