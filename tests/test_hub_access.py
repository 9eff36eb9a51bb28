import pytest

from paretocaps.hub_access import why_not_asked


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """Nothing forbids to ask the hub, which is a port that refuses connections."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")


def test_without_an_answer_there_is_no_network():
    assert why_not_asked() == "there is no network"


@pytest.mark.parametrize("value", ["1", "on", "YES", "true"])
def test_a_variable_forbids_it_also_once_the_client_is_imported(monkeypatch, value):
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    assert why_not_asked() == "HF_HUB_OFFLINE is set"


def test_other_variables_and_libraries_forbid_it_where_they_are_named(monkeypatch):
    monkeypatch.setenv("OWN_OFFLINE", "1")
    assert why_not_asked() == "there is no network"
    assert why_not_asked("OWN_OFFLINE") == why_not_asked(offline=True) == "HF_HUB_OFFLINE is set"


def test_nothing_is_said_where_it_answers(monkeypatch):
    class Session:
        def head(self, url, timeout):
            return url

    monkeypatch.setattr("huggingface_hub.get_session", Session)
    assert why_not_asked() == ""
