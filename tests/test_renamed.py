"""Every old name works, is answered with one note, and is shown nowhere."""

import warnings
from inspect import signature

import click
import pytest

import paretocaps
from paretocaps.cli.app import app
from paretocaps.renamed import FLAGS, GONE_IN, note, renamed_arguments, with_new_flags
from paretocaps.report.front import Front

OLD = [(command, old, new) for command, flags in FLAGS.items() for old, new in flags.items()]


@renamed_arguments(weights="preferences")
def picked(preferences, best=None):
    """Return what was given."""
    return preferences, best


@pytest.mark.parametrize(("command", "old", "new"), OLD)
def test_an_old_flag_is_hidden_and_its_new_one_is_there(command, old, new):
    found = app.get_command(click.Context(app), command)
    flags = [flag for option in found.params for flag in option.opts]
    assert new in flags
    assert old not in flags


@pytest.mark.parametrize(("command", "old", "new"), OLD)
def test_an_old_flag_is_replaced_with_a_note(command, old, new):
    assert with_new_flags(command, [old, "x", "study"]) == ([new, "x", "study"], [note(old, new)])
    assert with_new_flags(command, ["study", f"{old}=x=y"]) == (["study", f"{new}=x=y"], [note(old, new)])


def test_a_note_is_given_once_and_not_for_what_is_no_flag():
    given = ["--pick", "a", "--pick=b", "--", "--pick"]
    assert with_new_flags("train", given) == (
        ["--prefer", "a", "--prefer=b", "--", "--pick"],
        ["--pick is now --prefer; the old name is removed in 0.3"],
    )
    assert with_new_flags("train", ["--device", "cpu"]) == (["--device", "cpu"], [])
    assert with_new_flags("plan", ["--pick", "a"]) == (["--pick", "a"], [])


def test_an_old_argument_warns_at_the_line_of_the_caller():
    with pytest.warns(
        FutureWarning, match=r"^weights= is now preferences=; the old name is removed in"
    ) as caught:
        assert picked(weights={"acc": 1}, best=2) == ({"acc": 1}, 2)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert picked({"acc": 1}) == picked(preferences={"acc": 1}) == ({"acc": 1}, None)


def test_an_argument_is_not_given_under_both_names():
    with pytest.raises(TypeError, match="got both 'preferences' and its old name 'weights'"):
        picked(weights={}, preferences={})


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [(paretocaps.load_front, "device", "measured_on"), (Front.pick, "weights", "preferences")],
)
def test_the_public_functions_with_old_arguments(function, old, new):
    names = signature(function).parameters
    assert new in names
    assert old not in names


def test_the_old_names_go_after_one_version():
    assert f"is removed in {GONE_IN}" in note("a", "b")
