import click
import pytest

from paretocaps.cli.app import SECTIONS, app
from paretocaps.cli.completers import COMPLETERS, STUDIES_OR_FOLDERS
from paretocaps.domain.trainer import TRAINERS
from paretocaps.testing.probe import PROBE


def offered(flag: str, word: str, **given: str) -> list[str]:
    context = click.Context(app)
    context.params = given
    return [item.value for item in COMPLETERS[flag](context, click.Option([flag]), word)]


@pytest.mark.parametrize(
    ("flag", "word", "values"),
    [
        ("--objectives", "acc,ti", ["acc,time"]),
        ("--prefer", "acc=0.5,cp", ["acc=0.5,cpu_time="]),
        ("--best", "par", ["params"]),
        ("--set", "deco", ["decoder="]),
        ("--set", "decoder=", ["decoder=full", "decoder=reduced", "decoder=none"]),
        ("--set", "weight_sharing=t", ["weight_sharing=true"]),
        ("--set", "nothing=", []),
        ("--design", "wa", ["warm_restarts", "wab", "wab_ws"]),
        ("--space", "p", ["papers"]),
        ("--sampler", "nsga", ["nsga2", "nsga3"]),
        ("--stop-early", "r", ["rungs"]),
        ("--dataset", "mn", ["mnist"]),
        ("--spec", "paretocaps:x", ["paretocaps:x_traincaps_mnist"]),
        ("--spec", "mine", ["mine"]),  # the shell completes paths
        ("--trainer", "caps", ["capsnet"]),
        ("--executor", "in", ["inline"]),
        ("--corrupt", "", ["refuse", "skip"]),
    ],
)
def test_values_that_begin_with_the_word_are_offered(flag, word, values):
    found = offered(flag, word)
    assert set(values) == set(found)


def test_an_objective_is_offered_once_in_a_list():
    assert "acc,acc" not in offered("--objectives", "acc,")


def test_the_named_trainers_designs_are_offered(monkeypatch):
    monkeypatch.setitem(TRAINERS._entries, "probe", PROBE)
    assert offered("--design", "", trainer="probe") == list(PROBE.designs)


def test_an_unknown_trainer_or_storage_offers_nothing(tmp_path):
    assert offered("--design", "", trainer="nobody") == []
    assert offered("--study", "", storage=f"sqlite:///{tmp_path}/none.db") == []
    assert list(tmp_path.iterdir()) == []


def test_where_no_study_fits_folders_are_offered(tmp_path):
    context = click.Context(app)
    context.params = {"storage": f"sqlite:///{tmp_path}/none.db"}
    (item,) = STUDIES_OR_FOLDERS(context, click.Option(["--x"]), "exp")
    assert (item.value, item.type) == ("exp", "dir")


def test_every_flag_that_has_values_to_offer_is_an_option_that_offers_them():
    context = click.Context(app)
    commands = [app.get_command(context, name) for names in SECTIONS.values() for name in names]
    options = [one for command in commands for one in command.params if isinstance(one, click.Option)]
    for flag, completer in COMPLETERS.items():
        own = [one for one in options if flag in one.opts]
        assert own, flag
        assert all(one._custom_shell_complete is completer for one in own), flag
