import inspect

import pytest

import paretocaps
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import TrainingError, UsageError

SPACE = {"width": [8, 16, 32], "rate": {"low": 1e-3, "high": 1e-1, "log": True}}


@pytest.fixture
def options(folder):
    given = {"study": "loop", "storage": str(folder / "own.db"), "objectives": "acc,params"}
    return given | {"trials": 4, "epochs": 4}


def train(study, trial, at=1.0):
    """Train as a loop of somebody's own does, and return how many epochs it was let train."""
    size = trial.choices["width"] ** 2
    for epoch in range(trial.epochs):
        if not trial.report(acc=at - trial.choices["rate"] / (epoch + 1), train_loss=1.0, params=size):
            break
    study.tell(trial, {"params": size})
    return epoch + 1


def test_a_loop_of_ones_own_makes_a_study_like_any_other(options):
    with paretocaps.open_study(**options, space=SPACE) as study:
        assert repr(study) == "<study 'loop': 0 of 4 trials>"
        first = study.ask()
        assert repr(first).startswith("<trial 0: {")
        assert train(study, first) == 4
        with pytest.raises(UsageError, match="trial 0 was told already, or another study asked for it"):
            study.tell(first, {"acc": 1.0})
        left = study.ask()
    with pytest.raises(UsageError, match="study 'loop' is closed: open it again with paretocaps.open_study"):
        study.ask()
    with paretocaps.open_study(study="loop", storage=options["storage"]) as study:
        again = study.ask()
        assert (again.trial, again.choices) == (left.trial, left.choices)
        study.fail(again, "no luck")
        seen = [first.choices, left.choices]
        while trial := study.ask():
            assert trial.choices not in seen
            seen.append(trial.choices)
            train(study, trial)
        assert len(study.front) >= 1
    with pytest.raises(UsageError, match="study 'loop' is trained by a program that asks it: go on there"):
        paretocaps.train("loop", knee=True, storage=options["storage"])
    frame = paretocaps.load_trials("loop", options["storage"])
    assert sorted(frame["state"]) == ["failed", *["finished"] * 4]


def test_a_rule_ends_trainings_of_a_loop_early(options):
    with paretocaps.open_study(**options, space={**SPACE, "width": [16]}, stop_early="rungs") as study:
        lengths = []
        while trial := study.ask():
            lengths.append(train(study, trial, at=1.0 - trial.trial / 10))
    assert min(lengths) < max(lengths) == 4


def test_what_is_told_may_be_a_measurement_and_lacks_are_said(options):
    with paretocaps.open_study(**options, space=SPACE) as study:
        trial = study.ask()
        with pytest.raises(TrainingError, match="this loop returned no 'params', which the study needs"):
            study.tell(trial, {"acc": 0.5})
        assert not trial.report.records  # what was refused is no epoch
        device = {"name": "mine", "kind": "cpu"}
        values = {"acc": 0.5, "best_epoch": 1, "time": 1.0, "wall": 2.0, "params": 3, "device": device}
        study.tell(trial, paretocaps.Measurement.model_validate(values))
        assert study.front[0].values["params"] == 3


def test_no_other_command_trains_it(options):
    with paretocaps.open_study(**options, space=SPACE):
        pass
    refused = "'loop' is trained by a program that asks it: go on there, with paretocaps.open_study"
    with pytest.raises(UsageError, match=refused):
        paretocaps.optimize(study="loop", storage=options["storage"])
    del TRAINERS._entries[next(name for name in TRAINERS if "own_loop" in name)]
    with pytest.raises(UsageError, match=refused):
        paretocaps.optimize(study="loop", storage=options["storage"])


def test_another_loop_of_this_process_gives_no_space(options):
    paretocaps.open_study(**options, space=SPACE).close()
    with pytest.raises(UsageError, match="own_loop has nothing to search: give space="):
        paretocaps.open_study(**{**options, "study": "other"})


def test_a_loop_is_logged(options, monkeypatch):
    logged = []
    monkeypatch.setattr(
        "paretocaps.loggers.logged.Logging.training_ended", lambda self, training: logged.append(training.key)
    )
    with paretocaps.open_study(**options, space=SPACE, log="tensorboard") as study:
        train(study, study.ask())
    assert [key.trial for key in logged] == [0]


def test_without_a_space_there_is_nothing_to_ask_for(options):
    with pytest.raises(UsageError, match="own_loop has nothing to search: give space="):
        paretocaps.open_study(**options)
    assert "timeout" in inspect.signature(paretocaps.open_study).parameters


def test_the_time_limit_ends_no_training_of_a_loop(options, monkeypatch):
    with paretocaps.open_study(**options, space=SPACE, timeout="1h") as study:
        trial = study.ask()
        monkeypatch.setattr(study._asking.runner.interrupts, "_end", 0.0)
        assert train(study, trial) == 4
        assert study.ask() is None
    assert list(paretocaps.load_trials("loop", options["storage"])["state"]) == ["finished"]


def test_what_was_raised_is_a_reason(options):
    with paretocaps.open_study(**options, space=SPACE) as study:
        study.fail(study.ask(), ValueError("two\nlines"))
        study.fail(study.ask(), ValueError())
    frame = paretocaps.load_trials("loop", options["storage"])
    assert list(frame["reason"]) == ["two lines", "ValueError"]
