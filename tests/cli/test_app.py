import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from paretocaps.cli.app import SECTIONS, app

COMMANDS = {name: line for section in SECTIONS.values() for name, line in section.items()}
HEAVY = {"torch", "optuna", "pandas", "plotly", "sqlalchemy", "pydantic", "pymoo", "numpy", "rich"}


def test_help_imports_nothing_heavy(loaded_by):
    modules = loaded_by("--help")
    assert "click" in modules
    assert not modules & HEAVY


@pytest.mark.parametrize("name", ["optimize", "front", "report"])
def test_a_commands_help_imports_neither_torch_nor_optuna(loaded_by, name):
    assert not loaded_by(name, "--help") & {"torch", "optuna", "pandas", "plotly", "sqlalchemy", "pymoo"}


def test_help_lists_every_command_with_its_line():
    words = " ".join(CliRunner().invoke(app, ["--help"]).stdout.split())
    for name, line in COMMANDS.items():
        assert f"{name} {line}" in words


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_gives_an_example(name):
    result = CliRunner().invoke(app, [name, "--help"])
    text = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert COMMANDS[name] in text
    assert f"paretocaps {name}" in text.partition("Example")[2].partition("Options:")[0]
    assert "--debug" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_text(name):
    command = app.get_command(click.Context(app), name)
    assert command is not None
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert all(option.help for option in options)


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.startswith("paretocaps ")


def test_no_command_shows_the_help_as_talk_and_is_wrong_use():
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "optimize" in result.stderr


def test_an_unknown_command_is_answered_with_the_nearest():
    result = CliRunner().invoke(app, ["optimise"])
    assert result.exit_code == 2
    assert result.stderr == "error: no command 'optimise': did you mean 'optimize'? (see paretocaps --help)\n"


def test_an_unknown_option_is_one_line():
    result = CliRunner().invoke(app, ["front", "--storag", "x"])
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert "--storage" in result.stderr
    assert result.stderr.count("\n") == 1


def test_completion_offers_commands_without_importing_them():
    context = click.Context(app)
    assert [item.value for item in app.shell_complete(context, "d")] == [
        "dashboard",
        "describe",
        "delete",
        "datasets",
        "doctor",
    ]
    assert "--debug" in [item.value for item in app.shell_complete(context, "--")]


def test_the_module_runs_as_the_script_does_and_takes_nothing_from_the_working_directory(tmp_path):
    (tmp_path / "click.py").write_text("raise SystemExit('click of the working directory')")
    plugin = tmp_path / "evil-1.dist-info"
    plugin.mkdir()
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (plugin / "entry_points.txt").write_text("[paretocaps.trainers]\nevil = evil:TRAINER\n")
    for words, told in (
        (["nothing"], "no command 'nothing'"),
        (["train", "--trainer", "evil"], "unknown trainer"),
    ):
        run = subprocess.run(
            [sys.executable, "-m", "paretocaps", *words],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr.startswith(f"error: {told}")
