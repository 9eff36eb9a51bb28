import socket

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--storage", "sqlite:///none.db"], "none.db"),
        (["--port", "99999"], "99999"),
    ],
)
def test_wrong_use_is_one_line(run, arguments, message):
    result = run("dashboard", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_all_lifts_the_bounds_of_every_study(run, monkeypatch):
    asked = []
    monkeypatch.setattr("paretocaps.web.dashboard.serve_dashboard", lambda *given, all: asked.append(all))
    assert run("dashboard", "--all").exit_code == run("dashboard").exit_code == 0
    assert asked == [True, False]


@pytest.mark.slow  # imports optuna-dashboard and plotly
def test_a_port_in_use_is_one_line(run, towers):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("dashboard", "--storage", towers, "--port", port)
    assert result.exit_code in (1, 2)
    assert str(port) in result.stderr
    assert result.stderr.count("error: ") == 1
