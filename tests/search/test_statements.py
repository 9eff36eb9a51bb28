"""What a finished trial costs the database: the same few statements however many trials are stored."""

from collections import Counter

import pytest
from filled_study import FinishedTrial, fill_study
from sqlalchemy import Engine, event

from paretocaps import service
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.search.observer import Observer
from paretocaps.storage.schema import PREFIX
from paretocaps.storage.store import Store

EPOCHS, TRIALS, MOST = 5, 6, 40


class Statements(Observer):
    """Counts the statements from the start of a trial to the start of the next: ours, and Optuna's own."""

    def __init__(self):
        self.counted = Counter()
        self.by_trial = []

    def count(self, connection, cursor, statement, *_):
        self.counted["ours" if PREFIX in statement else "optuna"] += 1

    def trial_started(self, job, design):
        self.by_trial.append(self.counted)
        self.counted = Counter()


@pytest.fixture
def statements():
    watcher = Statements()
    event.listen(Engine, "before_cursor_execute", watcher.count)
    yield watcher
    event.remove(Engine, "before_cursor_execute", watcher.count)


def finished(number):
    """Return a trial that every other beats."""
    epochs = tuple(EpochRecord(epoch=n, acc=0.01 * n, seconds=1, time=n, wall=n) for n in (1, 2))
    device = Device(name="cpu", kind="cpu")
    measured = Measurement(acc=0.02, best_epoch=2, time=2, wall=2, params=99, device=device, epochs=epochs)
    return FinishedTrial(1000 + number, {"another": number}, {0: measured})


def per_trial(storage, watcher, stored):
    """Return the statements of each of `TRIALS` trials of a study that has `stored` trials already.

    Its choices and accuracies are the same whatever is stored, so its fronts change at the same trials.
    """
    flags = {"study": "s", "storage": storage, "trainer": "probe", "executor": "inline", "sampler": "qmc"}
    flags |= {"objectives": "acc,params", "epochs": EPOCHS}
    service.optimize({**flags, "trials": 1})
    with Store.open(storage, create=False) as store:
        fill_study(store, "s", [finished(number) for number in range(stored)])
    watcher.by_trial.clear()
    service.optimize({**flags, "trials": stored + TRIALS + 2}, observer=watcher)
    return watcher.by_trial[1:]  # before them is what opening the study costs


@pytest.mark.slow  # fills in 500 trials
def test_a_finished_trial_costs_as_few_statements_whatever_is_stored(tmp_path, statements):
    few = per_trial(f"sqlite:///{tmp_path}/few.db", statements, 10)
    many = per_trial(f"sqlite:///{tmp_path}/many.db", statements, 500)
    print(f"of ours and of Optuna's per trial: {few} with 10 stored trials, {many} with 500")
    assert len(few) == TRIALS
    assert max(counts["ours"] for counts in few) <= MOST
    assert [counts["ours"] for counts in few] == [counts["ours"] for counts in many]
