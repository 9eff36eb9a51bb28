import re
import socket

import pytest

from paretocaps.hub_access import why_not_asked


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """Nothing forbids to ask the hub, which is a port that refuses connections."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")


UNREACHED = r"the hub cannot be reached \(\w*Connect\w*\)"


def test_why_it_cannot_be_reached_is_told():
    assert re.fullmatch(UNREACHED, why_not_asked())


def test_who_waits_for_an_answer_is_told_how_to_wait_longer(monkeypatch):
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "0.2")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(
            "huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}"
        )
        told = why_not_asked()
    assert "HF_HUB_ETAG_TIMEOUT=SECONDS waits longer" in told or "Timeout" in told


@pytest.mark.parametrize("value", ["1", "on", "YES", "true"])
def test_a_variable_forbids_it_also_once_the_client_is_imported(monkeypatch, value):
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    assert why_not_asked() == "HF_HUB_OFFLINE is set"


def test_other_variables_and_libraries_forbid_it_where_they_are_named(monkeypatch):
    monkeypatch.setenv("OWN_OFFLINE", "1")
    assert re.fullmatch(UNREACHED, why_not_asked())
    assert why_not_asked("OWN_OFFLINE") == why_not_asked(offline=True) == "HF_HUB_OFFLINE is set"


def test_nothing_is_said_where_it_answers(monkeypatch):
    class Session:
        def head(self, url, timeout):
            return url

    monkeypatch.setattr("huggingface_hub.get_session", Session)
    assert why_not_asked() == ""
