"""A service reaches this machine alone and takes no data but uploads, unless it is told to."""

import dataclasses

import pytest
from click.testing import CliRunner

from paretocaps.cli.app import app
from paretocaps.web.serve_settings import ServeSettings


def test_by_default_a_service_is_closed() -> None:
    settings = ServeSettings()
    assert settings.host == "127.0.0.1"
    assert settings.data_root is None
    assert settings.guard.tokens is None


def test_the_command_without_options_serves_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[ServeSettings] = []
    monkeypatch.setattr("paretocaps.web.api.server.serve", lambda settings, ready: served.append(settings))
    ended = CliRunner().invoke(app, ["serve"])
    assert ended.exit_code == 0
    assert served == [ServeSettings()]


def test_settings_are_given_by_name_and_stay_as_they_are() -> None:
    with pytest.raises(TypeError):
        ServeSettings("sqlite:///studies.db")  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        ServeSettings().port = 1  # type: ignore[misc]
