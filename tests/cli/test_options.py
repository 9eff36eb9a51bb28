import click
import pytest
from click.testing import CliRunner

from paretocaps.cli.options import (
    choices_options,
    format_option,
    read_weights,
    spec_option,
    storage_option,
    view_options,
)
from paretocaps.domain.study_spec import DEFAULT_STORAGE


def parse(decorate, arguments):
    """Return what a command decorated with `decorate` is given for `arguments`."""
    command = click.command()(decorate(lambda **given: given))
    return command.main(arguments, standalone_mode=False)


def help_of(decorate):
    return " ".join(
        CliRunner().invoke(click.command()(decorate(lambda **given: None)), ["--help"]).stdout.split()
    )


def test_a_weight_of_an_objective_with_a_parameter():
    assert read_weights(None, None, "acc=0.5,time_to(acc=0.9)=2") == {"acc": 0.5, "time_to(acc=0.9)": 2.0}


def test_weights_are_read():
    context, option = click.Context(click.Command("front")), click.Option(["--pick"])
    assert read_weights(context, option, "acc=0.6, time=0.4") == {"acc": 0.6, "time": 0.4}
    assert read_weights(context, option, "acc=1,time=0") == {"acc": 1.0, "time": 0.0}
    assert read_weights(context, option, None) is None


@pytest.mark.parametrize(
    "text", ["", "acc", "acc=much", "acc=-1,time=2", "acc=0,time=0", "acc=inf", "acc=nan"]
)
def test_weights_that_weigh_nothing_are_refused(text):
    with pytest.raises(click.BadParameter, match="write it like acc=0.6,time=0.4"):
        read_weights(click.Context(click.Command("front")), click.Option(["--pick"]), text)


def test_a_flag_that_is_not_given_is_none_and_its_help_has_the_default():
    trials = spec_option("--trials", "N", "Finished trials.", int)
    assert parse(trials, []) == {"trials": None}
    assert parse(trials, ["--trials", "7"]) == {"trials": 7}
    assert "[default: 24]" in help_of(trials)
    assert "[default: acc,time,params]" in help_of(spec_option("--objectives", "A,B", "Two or more."))
    assert "default" not in help_of(spec_option("--data", "PATH", "A folder."))


def test_an_option_that_is_no_key_of_a_study_cannot_be_made():
    with pytest.raises(KeyError):
        spec_option("--colour", "NAME", "No such key.")


def test_the_storage_is_the_default_of_every_command():
    assert parse(storage_option, []) == {"storage": DEFAULT_STORAGE}


def test_formats():
    assert parse(format_option, []) == {"form": "table"}
    assert parse(format_option, ["--format", "csv"]) == {"form": "csv"}
    with pytest.raises(click.BadParameter, match="json"):
        parse(format_option, ["--format", "yaml"])


def test_choices_repeat():
    given = parse(choices_options, ["--set", "a=1", "--design", "ws", "--set", "b=x=y"])
    assert given == {"settings": ("a=1", "b=x=y"), "design": "ws"}


def test_a_view_may_leave_the_study_out():
    unset = dict.fromkeys(("study", "objectives", "device", "scale_to"))
    assert parse(view_options, []) == {**unset, "storage": DEFAULT_STORAGE, "require": ()}
    given = parse(view_options, ["demo", "--require", "acc>=0.9", "--require", "time<60"])
    assert (given["study"], given["require"]) == ("demo", ("acc>=0.9", "time<60"))
