import pytest
from click.testing import CliRunner

from paretocaps.cli.app import app


def written(*arguments):
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["optimize"], "optimize works on this machine: leave out --server"),
        (["front", "--storage", "x.db"], "give one of them"),
        (["front", "t", "--test"], "--test works on this machine"),
        (["report", "t", "--pictures", "svg"], "--pictures works on this machine"),
    ],
)
def test_what_needs_this_machine_is_told(arguments, told):
    code, out, err = written("--server", "http://127.0.0.1:1", *arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_a_service_that_is_not_there_is_one_line():
    code, out, err = written("--server", "http://127.0.0.1:1", "studies")
    assert (code, out) == (1, "")
    assert "http://127.0.0.1:1 does not answer" in err
    assert err.count("\n") == 1
