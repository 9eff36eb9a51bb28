"""The contract finds out every lie: a suite that cannot fail would promise nothing."""

import dataclasses
from pathlib import Path

import lying_trainers
import pytest

from paretocaps.domain.space import Space
from paretocaps.errors import ParetocapsError
from paretocaps.testing.plugin import plug_in, write_plugin
from paretocaps.testing.probe import PROBE
from paretocaps.testing.trainer import TrainerContract

LIES = [
    ("silent", "test_reports_every_epoch"),
    ("two_stories", "test_reports_every_epoch"),
    ("time_of_all", "test_values_belong_to_the_best_epoch"),
    ("time_of_one", "test_time_adds_up"),
    ("last_epoch", "test_values_belong_to_the_best_epoch"),
    ("wall_too_small", "test_time_adds_up"),
    ("unreadable", "test_survives_json"),
    ("missing_weights", "test_weights_are_in_the_folder"),
    ("writes_beside", "test_writes_in_its_folder_only"),
    ("writes_where_it_stands", "test_writes_in_its_folder_only"),
    ("writes_behind_the_hook", "test_writes_in_its_folder_only"),
]


def contract(**changes):
    """Return the contract of the probe trainer with a changed spec."""
    members = {"spec": dataclasses.replace(PROBE, **changes), "epochs": 10}
    return type("Contract", (TrainerContract,), members)()


def liar(name):
    return contract(train=f"lying_trainers:{name}")


@pytest.mark.parametrize(("name", "test"), LIES)
def test_a_lie_about_one_training_is_found(name, test, tmp_path):
    subject = liar(name)
    training = subject.observe(tmp_path)
    with pytest.raises((AssertionError, ParetocapsError, ValueError)):
        getattr(subject, test)(training)


@pytest.mark.parametrize("test", sorted({test for _, test in LIES}))
def test_the_truth_passes(test, tmp_path):
    subject = contract()
    getattr(subject, test)(subject.observe(tmp_path))


def test_a_trainer_that_does_not_stop_is_found(tmp_path):
    with pytest.raises(AssertionError):
        liar("deaf").test_stops_when_told(tmp_path)


def test_a_trainer_without_a_seed_is_found(tmp_path):
    subject = liar("unseeded")
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    training = subject.observe(tmp_path / "first")
    with pytest.raises(AssertionError):
        subject.test_seed_decides(training, tmp_path / "second")
    type(subject).deterministic = False
    with pytest.raises(pytest.skip.Exception):
        subject.test_seed_decides(training, tmp_path / "second")


def test_a_trainer_that_leaves_nothing_to_continue_is_found(tmp_path):
    subject = contract(continuing="lying_trainers:always")
    (tmp_path / "whole").mkdir()
    training = subject.observe(tmp_path / "whole")
    with pytest.raises(AssertionError, match="it left no checkpoint"):
        subject.test_goes_on_from_a_shorter_training(training, tmp_path)
    with pytest.raises(pytest.skip.Exception):
        contract().test_goes_on_from_a_shorter_training(training, tmp_path)


def test_loose_choices_are_found():
    subject = contract(choices=lying_trainers.Loose)
    with pytest.raises(pytest.fail.Exception):
        subject.test_choices_are_frozen()
    with pytest.raises(pytest.fail.Exception):
        subject.test_unknown_choices_are_refused()


@pytest.mark.parametrize(
    "table",
    [
        {"learning_rate": [0.1, 11.0]},
        {"learning_rate": {"low": 1.0, "high": 11.0}},
        {"learning_rat": [0.1]},
    ],
)
def test_a_space_the_choices_refuse_is_found(table):
    with pytest.raises(ParetocapsError):
        contract(space=Space.parse(table)).test_space_is_accepted()


def test_a_design_the_choices_refuse_is_found():
    with pytest.raises(ParetocapsError):
        contract(designs={"fast": {"learning_rate": 11.0}}).test_designs_are_accepted()


@pytest.mark.slow
def test_a_spec_that_is_not_found_or_imports_torch_is_found(tmp_path, monkeypatch):
    subject = contract(name="heavy")
    with pytest.raises(AssertionError, match="unknown trainer 'heavy'"):
        subject.test_spec_is_read_without_torch()
    (tmp_path / "heavy.py").write_text("import torch\nfrom paretocaps.testing.probe import PROBE\n")
    entries = {"paretocaps.trainers": {"heavy": "heavy:PROBE"}}
    plug_in(monkeypatch, write_plugin(tmp_path, "heavy", entries))
    with pytest.raises(AssertionError, match="imports torch"):
        subject.test_spec_is_read_without_torch()


def test_folders_are_told_apart(tmp_path):
    assert contract().job(Path("somewhere")).folder == Path("somewhere")
    assert contract().observe(tmp_path).job.folder == tmp_path / "job"
