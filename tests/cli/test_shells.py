import shutil
import subprocess

import click
import pytest

from paretocaps.cli.app import app
from paretocaps.cli.shells import SHELLS, VARIABLE, Bash, script


@pytest.fixture
def bash(monkeypatch):
    """Return what is written in the place of the last part of a line, as bash reads it."""

    def complete(line: str, breaks: str = " =:") -> list[str]:
        monkeypatch.setenv("COMP_LINE", line + "  later words")
        monkeypatch.setenv("COMP_POINT", str(len(line)))
        monkeypatch.setenv("COMP_WORDBREAKS", breaks)
        return Bash(app, {}, "paretocaps", VARIABLE).complete().splitlines()

    return complete


def test_what_follows_the_last_sign_at_which_bash_ends_a_word_is_written(bash):
    assert bash("paretocaps train --set decoder=f") == ["plain,full"]
    assert bash("paretocaps train --set=decoder=f") == ["plain,full"]
    assert bash("paretocaps train --set decoder=f", breaks=" ") == ["plain,decoder=full"]
    assert bash("paretocaps train --corrupt=r", breaks=" ") == ["plain,--corrupt=refuse"]


def test_no_space_follows_the_name_of_a_choice(bash):
    assert bash("paretocaps train --set deco") == ["open,decoder="]


def test_commands_and_options_are_completed(bash):
    assert bash("paretocaps recom") == ["plain,recommend"]
    assert bash("paretocaps front --measured") == ["plain,--measured-on"]
    assert "plain,--knee" in bash("paretocaps front --")


def test_a_folder_is_left_to_bash(bash):
    assert bash("paretocaps train --data im") == ["dir,im"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_asks_the_program(shell):
    text = script(shell, app)
    assert f"{VARIABLE}={shell}_complete" in text
    assert "paretocaps" in text


def test_bash_understands_its_script():
    found = shutil.which("bash")
    if found is None:
        pytest.skip("there is no bash")
    run = subprocess.run(
        [found, "-n"], input=script("bash", app), text=True, capture_output=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_bash_writes_a_name_with_a_space_as_one_word(tmp_path):
    found = shutil.which("bash")
    if found is None:
        pytest.skip("there is no bash")
    program = tmp_path / "paretocaps"
    program.write_text("#!/bin/sh\nprintf 'plain,my study\\nplain,R&D\\nplain,acc,time\\n'\n")
    program.chmod(0o755)
    asked = f'{script("bash", app)}\n_paretocaps_completion {program}\nprintf "%s\\n" "${{COMPREPLY[@]}}"\n'
    run = subprocess.run([found], input=asked, text=True, capture_output=True, check=False)
    assert run.stdout.splitlines() == [r"my\ study", r"R\&D", "acc,time"]


def test_click_answers_bash_as_this_module_does(monkeypatch, capfdbinary):
    monkeypatch.setenv(VARIABLE, "bash_complete")
    monkeypatch.setenv("COMP_LINE", "paretocaps completion z")
    monkeypatch.setenv("COMP_POINT", "23")
    with pytest.raises(SystemExit) as ended:
        app.main([])
    assert ended.value.code == 0
    assert capfdbinary.readouterr().out == b"plain,zsh\n"


def test_fish_takes_a_value_with_commas_as_one():
    written = script("fish", app)
    assert 'string split -m1 ","' in written
    assert 'string split ","' not in written


def test_an_unknown_shell_is_refused():
    result = click.testing.CliRunner().invoke(app, ["completion", "csh"])
    assert result.exit_code == 2
    assert "'csh' is not one of 'bash', 'zsh', 'fish'" in result.stderr
