from pathlib import Path

import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.errors import DataError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.target import pruned
from paretocaps.testing.writes import full_disk
from paretocaps.training.weights import load_weights, save_weights


@pytest.mark.parametrize("ratio", [0.0, 0.5])
def test_weights_come_back_bit_equal_in_their_own_network(tmp_path: Path, ratio: float) -> None:
    shape = pruned(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), ratio)
    network = build_network(shape, 0)
    save_weights(tmp_path / "w.pt", network)
    again = load_weights(tmp_path / "w.pt")
    assert again.architecture == shape
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["w.pt"]


def test_a_pruned_backbone_comes_back_with_its_statistics(tmp_path: Path) -> None:
    choices = Choices(family="backbone_caps", backbone="mobilenet_v1", image_size=32, pruning_ratio=0.9)
    network = build_network(pruned(architecture(choices, 32, 32, 3, 10), 0.9), 0)
    images = torch.rand(4, 3, 32, 32)
    network(images)
    save_weights(tmp_path / "w.pt", network)
    again = load_weights(tmp_path / "w.pt")
    assert again.architecture == network.architecture
    state = network.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in again.state_dict().items())
    with torch.no_grad():
        assert torch.equal(again.scores(images), network.eval().scores(images))


@pytest.mark.parametrize("content", [b"", b"not weights", None])
def test_what_is_no_weights_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "w.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"weights .*w.pt' cannot be read"):
        load_weights(path)


def test_foreign_weights_are_not_to_be_trusted(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(b"print('a script')")
    with pytest.raises(DataError, match=r"cannot be read \(it holds something else\): train"):
        load_weights(path)
    torch.save({"conv1.weight": torch.zeros(2)}, path)
    with pytest.raises(DataError, match=r"cannot be read \(it holds something else\): train"):
        load_weights(path)


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    save_weights(path, build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"failed finding central directory\): train the trial again"):
        load_weights(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"\(it is cut off\): train the trial again"):
        load_weights(path)


def test_a_network_of_a_later_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    shape = architecture(Choices(primary_capsules=2), 8, 8, 1, 10)
    save_weights(path, build_network(shape, 0))
    content = torch.load(path, weights_only=True)
    content["architecture"] = content["architecture"].replace('"rba"', '"foo"')
    torch.save(content, path)
    with pytest.raises(DataError, match="cannot be read"):
        load_weights(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_names_the_file_and_leaves_no_half(tmp_path: Path) -> None:
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    save_weights(tmp_path / "w.pt", network)
    before = (tmp_path / "w.pt").read_bytes()
    with full_disk(), pytest.raises(OSError, match=r"No space left on device: '.*w\.pt'"):
        save_weights(tmp_path / "w.pt", network)
    assert (tmp_path / "w.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["w.pt"]
