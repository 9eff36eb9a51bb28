import pytest

from paretocaps.errors import DataError
from paretocaps.models.hub_weights import WEIGHTS, hub_weights


def test_offline_it_says_so_at_once(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(DataError, match=r"'timm/resnet50\.none' is no file here.* HF_HUB_OFFLINE is set"):
        hub_weights("timm/resnet50.none")


def test_without_an_answer_it_says_that_the_hub_cannot_be_reached(monkeypatch, tmp_path):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "0.5")
    with pytest.raises(DataError, match=f"the hub cannot be reached .*: download its {WEIGHTS}"):
        hub_weights("timm/resnet50.none")


def test_what_was_downloaded_needs_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "models--someone--net"
    (folder / "snapshots" / "abc").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("abc")
    (folder / "snapshots" / "abc" / WEIGHTS).write_bytes(b"weights")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert hub_weights("someone/net").read_bytes() == b"weights"


@pytest.mark.parametrize("name", ["a--b/net", "someone/net."])
def test_names_that_the_hub_cannot_have_are_refused_in_one_line(name):
    with pytest.raises(DataError, match="no valid name on the hub: give a file$"):
        hub_weights(name)
