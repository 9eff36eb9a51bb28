import click
import pytest
from click.testing import CliRunner

from paretocaps.cli.app import SECTIONS, app
from paretocaps.cli.meanings import MEANINGS
from paretocaps.cli.options import (
    choices_options,
    data_options,
    format_option,
    layout_options,
    picking_options,
    picks_a_trial,
    prefer_option,
    read_preferences,
    shared,
    shared_spec_option,
    spec_option,
    storage_option,
    study_options,
    view_options,
)
from paretocaps.domain.study_spec import DEFAULT_STORAGE

COMMANDS = {name: app.get_command(click.Context(app), name) for names in SECTIONS.values() for name in names}
TAKES_A_STUDY = (
    "optimize",
    "confirm",
    "space",
    "front",
    "recommend",
    "report",
    "train",
    "evaluate",
    "export",
)


def parse(decorate, arguments):
    """Return what a command decorated with `decorate` is given for `arguments`."""
    command = click.command()(decorate(lambda **given: given))
    return command.main(arguments, standalone_mode=False)


def help_of(decorate):
    return " ".join(
        CliRunner().invoke(click.command()(decorate(lambda **given: None)), ["--help"]).stdout.split()
    )


def options_by_flag():
    """Return every long flag with the commands that have it and the option there."""
    found = {}
    for name, command in COMMANDS.items():
        for option in command.params:
            if isinstance(option, click.Option):
                for flag in option.opts:
                    if flag.startswith("--"):
                        found.setdefault(flag, {})[name] = option
    return found


def test_a_flag_of_several_commands_means_one_thing():
    for flag, of in options_by_flag().items():
        if len(of) < 2 or flag == "--debug":
            continue
        assert flag in MEANINGS, f"{flag} is an option of {', '.join(of)}: say in MEANINGS what it means"
        for name, option in of.items():
            assert option.help.startswith(MEANINGS[flag].text), (name, flag)
        assert len({option.metavar for option in of.values()}) == 1, flag
        assert len({option.type.name for option in of.values()}) == 1, flag
        assert (
            len(
                {tuple(option.opts) for option in of.values()}
                - {("--set", "--fix"), ("--device", "--devices")}
            )
            <= 1
        ), flag


def test_every_meaning_is_that_of_several_commands():
    found = options_by_flag()
    assert {flag for flag in MEANINGS if len(found[flag]) < 2} == set()


def test_where_a_command_runs_is_found_out_unless_it_is_said():
    for name, option in options_by_flag()["--device"].items():
        said = ("[default: auto]", "[default: the study's]")
        assert option.default == "auto" or any(one in option.help for one in said), name


@pytest.mark.parametrize("name", TAKES_A_STUDY)
def test_a_study_is_named_by_an_argument_or_by_an_option(name):
    arguments = [one for one in COMMANDS[name].params if isinstance(one, click.Argument)]
    assert any("STUDY" in one.metavar for one in arguments)
    assert set(options_by_flag()["--study"]) == set(TAKES_A_STUDY)


def test_a_study_named_twice_is_one_name():
    assert parse(study_options(), ["demo"]) == {"study": "demo"}
    assert parse(study_options(), ["--study", "demo"]) == {"study": "demo"}
    assert parse(study_options(), ["demo", "--study", "demo"]) == {"study": "demo"}
    assert parse(study_options(), []) == {"study": None}
    with pytest.raises(click.UsageError, match="STUDY is 'a' and --study 'b': give one of them"):
        parse(study_options(), ["a", "--study", "b"])


def test_a_preference_for_an_objective_with_a_parameter():
    assert read_preferences(None, None, "acc=0.5,time_to(acc=0.9)=2") == {"acc": 0.5, "time_to(acc=0.9)": 2.0}


def test_preferences_are_read():
    context, option = click.Context(click.Command("front")), click.Option(["--prefer"])
    assert read_preferences(context, option, "acc=0.6, time=0.4") == {"acc": 0.6, "time": 0.4}
    assert read_preferences(context, option, "acc=1,time=0") == {"acc": 1.0, "time": 0.0}
    assert read_preferences(context, option, None) is None


@pytest.mark.parametrize(
    "text", ["", "acc", "acc=much", "acc=-1,time=2", "acc=0,time=0", "acc=inf", "acc=nan"]
)
def test_preferences_that_say_nothing_are_refused(text):
    with pytest.raises(click.BadParameter, match="write it like acc=0.6,time=0.4"):
        parse(prefer_option, ["--prefer", text])


def test_a_preference_is_given_once():
    with pytest.raises(click.BadParameter, match="'acc=1,acc=2' names an objective twice: name each once"):
        parse(prefer_option, ["--prefer", "acc=1,acc=2"])


def test_a_flag_that_is_not_given_is_none_and_its_help_has_the_default():
    trials = spec_option("--trials", "N", "Finished trials.", int)
    assert parse(trials, []) == {"trials": None}
    assert parse(trials, ["--trials", "7"]) == {"trials": 7}
    assert "[default: 24]" in help_of(trials)
    assert "[default: acc,time,params]" in help_of(spec_option("--objectives", "A,B", "Two or more."))
    assert "default" not in help_of(spec_option("--data", "PATH", "A folder."))
    assert parse(shared_spec_option("--epochs"), ["--epochs", "3"]) == {"epochs": 3}
    assert "Epochs per training. [default: 5]" in help_of(shared_spec_option("--epochs"))


def test_an_option_that_is_no_key_of_a_study_cannot_be_made():
    with pytest.raises(KeyError):
        spec_option("--colour", "NAME", "No such key.")


def test_a_command_adds_to_a_meaning():
    assert "Seed of the first training." in help_of(shared("--seed", " first training."))


def test_the_images_to_train_on():
    given = parse(data_options(), ["--data", "photos", "--corrupt", "skip", "--channels", "1"])
    unset = {
        "dataset": None,
        "limit_train": None,
        "limit_validation": None,
        "parts": None,
        "classes_are_folders": None,
        "transpose": None,
        "pairs": None,
    }
    assert given == {**unset, "data": "photos", "corrupt": "skip", "channels": 1}
    assert "[default: the study's]" in help_of(data_options("the study's"))
    assert "--limit-validation" not in help_of(data_options(validates=False))
    assert parse(layout_options, ["--parts", "train=a", "--transpose"]) == {
        "parts": "train=a",
        "classes_are_folders": None,
        "transpose": True,
    }


def test_a_trial_is_picked_in_one_of_five_ways():
    given = parse(picking_options, ["demo", "--prefer", "acc=2", "--require", "acc>=0.9"])
    unset = {"trial": None, "knee": False, "best": None, "aim": None, "storage": DEFAULT_STORAGE}
    assert given == {**unset, "study": "demo", "preferences": {"acc": 2.0}, "require": ("acc>=0.9",)}


def test_what_is_given_picks_a_trial_or_does_not():
    nothing = parse(picking_options, ["--storage", "sqlite:///x.db"])
    assert not picks_a_trial(nothing)
    assert all(
        picks_a_trial({**nothing, **given})
        for given in ({"trial": 0}, {"knee": True}, {"study": "t"}, {"require": ("acc>=1",)})
    )


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
    unset = dict.fromkeys(("study", "objectives", "measured_on", "scale_to"))
    assert parse(view_options, []) == {**unset, "storage": DEFAULT_STORAGE, "require": None}
    given = parse(view_options, ["demo", "--require", "acc>=0.9", "--require", "time<60"])
    assert (given["study"], given["require"]) == ("demo", ("acc>=0.9", "time<60"))
    assert parse(view_options, ["--all"])["require"] == ()
    with pytest.raises(click.UsageError, match="--require acc>=0.9 sets a bound and --all lifts all bounds"):
        parse(view_options, ["--all", "--require", "acc>=0.9"])


def test_every_command_that_reads_a_folder_takes_its_layout():
    stored = "confirm", "front"  # whose study says how its folder is laid out
    others = [command for name, command in COMMANDS.items() if name not in stored]
    taken = [{option.name for option in command.params} for command in others]
    readers = [names for names in taken if "data" in names]
    assert len(readers) >= 4
    assert all({"parts", "classes_are_folders", "transpose"} <= names for names in readers)
