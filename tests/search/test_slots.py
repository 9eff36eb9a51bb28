from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.slot import Slot
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import CheckedData
from paretocaps.errors import StudyMismatchError, TrainingError
from paretocaps.execution import slots as execution_slots
from paretocaps.execution.core_probe import Found
from paretocaps.execution.lease import leased
from paretocaps.search import slots as module
from paretocaps.search.interrupts import TimeIsUpError
from paretocaps.search.slots import Splitting
from paretocaps.testing.probe import PROBE

WHOLE = (Slot(name="cpu", cores=(0, 1)),)
SINGLE = (Slot(name="core 0", cores=(0,)), Slot(name="core 1", cores=(1,)))
SPLITS, STAYS = Found(1.0, 1.0), Found(1.5)


class Store:
    """A store of one study, which may be that of a quicker driver."""

    def __init__(self, slots=None, quicker=None):
        self.slots, self.quicker = slots, quicker

    def study(self, name):
        found, self.slots = SimpleNamespace(slots=self.slots), self.slots or self.quicker
        return found

    def keep_slots(self, name, slots):
        self.slots = self.slots or slots
        return self.slots


@pytest.fixture(autouse=True)
def _machine(monkeypatch, tmp_path):
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path))
    monkeypatch.delenv("PARETOCAPS_TUNE")
    monkeypatch.setattr(module, "quota", lambda: 2.0)
    for where in (module, execution_slots):
        monkeypatch.setattr(where, "one_of_each_core", lambda: (0, 1))


@pytest.fixture
def settle(monkeypatch):
    """Return the size of a study's slots, what is kept, what was told, and what was measured."""

    def settle(found=SPLITS, store=None, begun=False, trainer=None, notice=None, **options):
        store, told, measured = store or Store(), [], []

        def probe(job, data, check):
            measured.append(job)
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(module, "probe_cores", probe)
        steps = replace(PROBE, typical_step="somewhere:step")
        splitting = Splitting(
            StudySpec(**options),
            trainer or steps,
            CheckedData(),
            store,
            notice or told.append,
            lambda: None,
        )
        return splitting.settle({}, begun=begun), store.slots, told, measured

    return settle


def test_a_new_study_of_small_networks_is_split(settle):
    size, kept, (told,), (job,) = settle()
    assert (size, kept) == (1, SINGLE)
    assert told.startswith("the CPU is split into 2 slots of 1 core each, which train one trial each at a")
    assert told.endswith(str(SPLITS))
    assert job.exclusive


def test_a_new_study_of_large_networks_is_not_split(settle):
    size, kept, (told,), _ = settle(STAYS)
    assert (size, kept) == (None, WHOLE)
    assert told == f"the CPU is not split into slots: {STAYS}"


@pytest.mark.parametrize(("kept", "size"), [(SINGLE, 1), (WHOLE, None)])
def test_a_study_keeps_its_slots(settle, kept, size):
    for begun in (True, False):
        assert settle(SPLITS, Store(kept), begun) == (size, kept, [], [])


def test_a_study_that_began_without_slots_goes_on_without(settle):
    assert settle(begun=True) == (None, None, [], [])


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 1},
        {"ranks": 2},
        {"share_device": True},
        {"trials": 1},
        {"trainer": None},
        {"threads": 2},
        {"objectives": ("acc", "energy")},
        {"require": ("energy<=9",)},
    ],
)
def test_a_cpu_is_split_only_where_nobody_has_said_how_many_jobs_run(settle, options):
    if "trainer" in options:
        options = {"trainer": PROBE}
    assert settle(**options) == (None, WHOLE, [], [])


def test_nothing_is_measured_where_that_is_off(settle, monkeypatch):
    monkeypatch.setenv("PARETOCAPS_TUNE", "off")
    assert settle() == (None, WHOLE, [], [])


def test_a_container_that_may_not_use_all_cores_at_once_is_not_split(settle, monkeypatch):
    monkeypatch.setattr(module, "quota", lambda: 1.5)
    assert settle() == (None, WHOLE, [], [])


def test_slots_that_are_asked_for_are_not_measured(settle):
    size, kept, (told,), measured = settle(threads=1)
    assert (size, kept, measured) == (1, SINGLE, [])
    assert told.startswith("the CPU is split into 2 slots of 1 core each")


@pytest.mark.parametrize(
    ("kept", "threads", "was"), [(SINGLE, 2, r"slots of 1 core"), (WHOLE, 1, "a whole CPU")]
)
def test_other_slots_than_a_study_s_are_refused(settle, kept, threads, was):
    with pytest.raises(StudyMismatchError, match=rf"trains on {was} \(now threads={threads}\)"):
        settle(store=Store(kept), threads=threads)


def test_the_first_of_several_drivers_decides(settle):
    size, _, told, measured = settle(store=Store(quicker=WHOLE))
    assert (size, told, measured) == (None, [], [])


def test_a_trainer_that_cannot_be_timed_trains_on_a_whole_cpu(settle):
    size, kept, (told,), _ = settle(TrainingError("no steps"))
    assert (size, kept) == (None, WHOLE)
    assert told == "the CPU is not split into slots: its steps could not be timed (no steps)"


def test_a_run_whose_time_is_over_decides_nothing(settle):
    assert settle(TimeIsUpError("over"))[:2] == (None, None)


def test_the_cpu_is_waited_for(settle, tmp_path):
    job = TrainingJob(
        study="s", trial=0, trainer="probe", choices={}, seed=0, data=DataSpec(), epochs=1, folder=tmp_path
    )

    def notice(what):
        raise KeyboardInterrupt(what)

    told = "waits for cpu: process .* trains there; the study then decides how to split it"
    with leased(job, lambda *_: None), pytest.raises(KeyboardInterrupt, match=told):
        settle(notice=notice)


def test_each_process_that_is_waited_for_is_told_once(settle, monkeypatch):
    @contextmanager
    def waited(job, tell):
        for what in ("waits for a", "waits for b", "waits for a"):
            tell(what, 0, 0)
        yield

    monkeypatch.setattr(module, "_SECONDS", 0.0)
    monkeypatch.setattr(module, "leased", waited)
    _, _, told, _ = settle()
    assert [line.partition(";")[0] for line in told[:-1]] == ["waits for a", "waits for b"]
