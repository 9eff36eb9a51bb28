from dataclasses import dataclass, field

import pytest

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.tuning import DEFAULT, Tuning
from paretocaps.training.kept_tunings import PAYS, KeptTunings

ONEDNN, FEW = Tuning(products="onednn"), Tuning(threads=1)


@dataclass
class What:
    """Something to tune: a step takes 0.1 s, and measuring 2 s at most."""

    key: str = "a"
    default: Tuning = DEFAULT
    longest: float = 2.0
    found: Tuning | None = None
    why: str = ""
    measured: list[str] = field(default_factory=list)

    def known(self):
        return self.found

    def refusal(self, tuning):
        return self.why

    def step_seconds(self):
        return 0.1

    def measure(self, seconds):
        assert seconds >= self.longest
        self.measured.append(self.key)
        return FEW


def test_a_kept_tuning_is_used_and_not_measured():
    what = What()
    tunings = KeptTunings({"a": ONEDNN}, tune=True, steps=lambda batch: 10**6)
    assert tunings.choose(what, 128) == ONEDNN
    assert (what.measured, tunings.used, tunings.remarks) == ([], {"a": ONEDNN}, [])


def test_a_measured_tuning_is_the_studys_own_from_then_on():
    told, what = [], What()
    tunings = KeptTunings(
        tune=True, steps=lambda batch: 10**6, keep=lambda key, tuning: told.append((key, tuning)) or ONEDNN
    )
    assert [tunings.choose(what, 128) for _ in range(2)] == [ONEDNN, ONEDNN]
    assert (told, what.measured) == ([("a", FEW)], ["a"])
    assert not tunings.retuned


@pytest.mark.parametrize(
    ("trainings", "steps", "expected"), [(10, 100, FEW), (10, 99, DEFAULT), (1, 999, DEFAULT)]
)
def test_a_study_of_less_than_fifty_times_the_measuring_takes_the_defaults(trainings, steps, expected):
    asked = []
    tunings = KeptTunings(tune=True, trainings=trainings, steps=lambda batch: asked.append(batch) or steps)
    assert tunings.choose(What(), 128) == expected
    assert asked == [128]
    assert PAYS * What.longest == 10 * 100 * 0.1


def test_the_tuning_of_a_pruned_network_pays_in_its_own_training_only():
    tunings = KeptTunings(tune=True, trainings=10, steps=lambda batch: 999)
    assert tunings.choose(What(), 128) == FEW
    tunings.pruned()
    assert tunings.choose(What("pruned"), 128) == DEFAULT
    resumed = KeptTunings(tune=True, trainings=10, steps=lambda batch: 999)
    resumed.restore(tunings.state("cpu"), "cpu")
    assert resumed.choose(What("pruned again"), 128) == DEFAULT


def test_nothing_is_measured_where_it_may_not_be_or_is_known():
    untuned = KeptTunings(tune=False, steps=lambda batch: 10**6)
    assert untuned.choose(What(), 128) == DEFAULT
    assert untuned.choose(What("b", found=ONEDNN), 128) == ONEDNN


def test_a_kept_tuning_that_cannot_be_used_is_said_and_marked():
    told = []
    tunings = KeptTunings({"a": ONEDNN}, keep=lambda key, tuning: told.append(key) or tuning)
    assert tunings.choose(What(why="this build of torch has no oneDNN"), 128) == DEFAULT
    assert tunings.remarks == [
        f"the kept tuning ({ONEDNN}) of a was not used: this build of torch has no oneDNN"
    ]
    assert tunings.retuned
    assert told == []


def test_a_resumed_training_goes_on_with_its_tunings():
    first = KeptTunings(tune=True, steps=lambda batch: 10**6)
    first.choose(What(), 128)
    second = KeptTunings({"a": ONEDNN, "b": ONEDNN})
    second.restore(first.state("cpu, torch 2"), "cpu, torch 2")
    assert [second.choose(What(key), 128) for key in "ab"] == [FEW, ONEDNN]
    assert (second.remarks, second.retuned) == ([], False)


def test_a_resumed_training_whose_tuning_cannot_be_used_any_more_says_so():
    first = KeptTunings({"a": ONEDNN})
    first.choose(What(), 128)
    second = KeptTunings()
    second.restore(first.state("gpu, torch 2"), "gpu, torch 2")
    assert [second.choose(What(why="there is no C compiler"), 128) for _ in range(2)] == [DEFAULT, DEFAULT]
    assert second.remarks == [f"the kept tuning ({ONEDNN}) of a was not used: there is no C compiler"]
    assert second.retuned


def test_a_training_that_goes_on_on_another_device_has_the_tunings_of_that_one():
    first = KeptTunings({"a": FEW})
    first.choose(What(), 128)
    second = KeptTunings({"a": ONEDNN})
    second.restore(first.state("cpu, torch 2"), "gpu, torch 2")
    assert second.choose(What(), 128) == ONEDNN
    assert second.remarks == ["the checkpoint's tunings are of cpu, torch 2: those of gpu, torch 2 were used"]
    assert second.retuned
    third = KeptTunings()
    third.restore(second.state("gpu, torch 2"), "gpu, torch 2")
    assert (third.remarks, third.retuned) == (second.remarks, True)


def test_a_checkpoint_without_tunings_is_said_and_marked():
    tunings = KeptTunings()
    tunings.restore(None, "cpu, torch 2")
    assert tunings.remarks == [
        "the checkpoint is of an older version, which did not record how steps are computed"
    ]
    assert tunings.retuned


def test_a_job_has_the_tunings_of_its_device(tmp_path):
    job = TrainingJob(
        study="s",
        trial=0,
        trainer="capsnet",
        choices={},
        seed=1,
        data=DataSpec(),
        epochs=1,
        folder=tmp_path,
        tunings={"cpu, torch 2": {"a": ONEDNN}, "gpu, torch 2": {"a": FEW}},
        tune=False,
    )
    told = []
    tunings = KeptTunings.of_job(job, "cpu, torch 2", lambda batch: 1, lambda *args: told.append(args) or FEW)
    assert [tunings.choose(What(key), 128) for key in "ab"] == [ONEDNN, FEW]
    assert told == [("cpu, torch 2", "b", DEFAULT)]
