import shlex

import click
import pytest

from paretocaps.cli.app import app
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.own_loop import NAME
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.domain.trainer import TRAINERS
from paretocaps.report.reproducing import reproducing_command, training_command

CHOICES = TRAINERS.get("capsnet").canonical({"lr_policy": "one_cycle", "lr_max": 0.00123456789})


def test_a_trial_is_named_with_its_study_and_a_database_that_is_not_the_default():
    assert training_command("demo", 7) == "paretocaps train demo --trial 7"
    assert training_command("demo", 7, DEFAULT_STORAGE) == training_command("demo", 7)
    assert training_command("a b", 7, "x.db") == "paretocaps train 'a b' --trial 7 --storage x.db"
    assert "secret" not in training_command("a", 7, "postgresql://me:secret@host/studies")


def test_a_function_of_ones_own_is_called_in_python_and_a_loop_of_ones_own_has_no_command():
    call = training_command("a'b", 7, "x.db", "train_svm@1")
    assert call == "paretocaps.train(\"a'b\", trial=7, trainer=train_svm, storage='x.db')"
    of_module = training_command("demo", 7, "", "my.module:train_svm@1")
    assert of_module == "paretocaps.train('demo', trial=7, trainer=train_svm)"
    assert training_command("demo", 7, "", NAME) == ""


def test_the_command_that_trains_a_trial_can_be_pasted_and_hides_a_password():
    words = shlex.split(training_command("-x", 7, "postgresql://me:pl4nted@host/db?password=pl4nted"))[1:]
    context = app.get_command(click.Context(app), "train").make_context("train", words[1:])
    given = [context.params[name] for name in ("argument", "trial", "storage")]
    assert given == ["-x", 7, "postgresql://me:***@host/db?password=***"]


def test_a_row_is_made_again_from_what_differs_with_all_digits():
    trial = FrontMember(3, CHOICES, {})
    differing = {"lr_policy": "one_cycle", "lr_max": 0.00123456789}
    settings = {
        "trainer": "capsnet",
        "dataset": "digits",
        "epochs": 5,
        "corrupt": "refuse",
        "limit_train": 300,
    }
    words = shlex.split(reproducing_command(trial, settings, differing, 1))
    assert words == [
        *("paretocaps", "train", "--set", "lr_policy=one_cycle", "--set", "lr_max=0.00123456789"),
        *("--dataset", "digits", "--limit-train", "300", "--epochs", "5", "--seed", "1"),
    ]


def test_all_choices_are_named_where_the_differing_ones_do_not_come_to_them():
    command = reproducing_command(FrontMember(3, CHOICES, {}), {}, {"lr_max": 0.5}, 0)
    assert "--set family=capsnet" in command
    unknown = reproducing_command(FrontMember(3, {"n": 1, "m": True}, {}), {"trainer": "gone"}, {}, 0)
    assert unknown == "paretocaps train --set n=1 --set m=true --trainer gone --seed 0"


@pytest.mark.parametrize(
    ("setting", "written"),
    [
        ({"data": "/home/me/images"}, "--data images"),
        ({"transpose": True}, "--transpose"),
        ({"parts": {"train": "a", "test": "b", "validation": None}}, "--parts train=a,test=b"),
    ],
)
def test_the_images_are_named_without_folders_of_the_machine(setting, written):
    command = reproducing_command(FrontMember(3, {}, {}), setting, {}, 0)
    assert written in command
    assert "/home" not in command


def test_ranks_are_named_once():
    """As the trial's own choice, or as the study's setting."""
    ranks = {name: value for name, value in CHOICES.items() if name != "ranks"}
    for own, written in ((0, True), (1, False), (2, False)):
        trial = FrontMember(3, ranks | {"ranks": own}, {})
        assert ("--ranks 2" in reproducing_command(trial, {"ranks": 2}, {}, 0)) is written
