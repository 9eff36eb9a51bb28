import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_written_to_stdout(run, shell):
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_PARETOCAPS_COMPLETE={shell}_complete" in result.stdout


def test_help_shows_where_it_belongs(run):
    text = run("completion", "--help").stdout
    assert 'eval "$(paretocaps completion bash)"' in text
