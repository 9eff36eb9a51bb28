import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from paretocaps.domain.pairs import pair_names
from paretocaps.errors import DataError, ParetocapsError, UsageError
from paretocaps.exporting.document import DOCUMENT, GRAPH, WEIGHTS, ExportInfo, read_document
from paretocaps.exporting.engines import open_engine
from paretocaps.exporting.graph import random_images
from paretocaps.exporting.package import check_target, load_export, write_export
from paretocaps.models.build import build_network


def quick(folder, network, info, **options):
    return write_export(folder, network, about=info, onnx=False, **options)


def refused(folder):
    with pytest.raises(DataError) as caught:
        load_export(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_network_comes_back_bit_by_bit(network, written, info):
    loaded, about = load_export(written)
    assert about == info
    assert loaded.architecture == network.architecture
    assert not loaded.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    images = random_images(network, 5)
    with torch.no_grad():
        assert torch.equal(loaded.scores(images), network.eval().scores(images))


def test_the_folder_has_three_files_that_all_may_read(written):
    assert sorted(file.name for file in written.iterdir()) == sorted([DOCUMENT, GRAPH, WEIGHTS])
    assert len({file.stat().st_mode for file in written.iterdir()}) == 1


def test_the_network_stays_in_its_mode_and_the_parents_are_made(network, info, tmp_path):
    network.train()
    document = quick(tmp_path / "a" / "b", network, info)
    assert network.training
    assert document == read_document(tmp_path / "a" / "b")
    assert document.graph is None
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["b"]


@pytest.mark.slow
def test_given_images_are_what_is_compared_on(network, info, tmp_path):
    document = write_export(tmp_path / "x", network, about=info, images=random_images(network, 5))
    assert document.graph.images == 5


def test_an_export_is_replaced_only_by_force(network, info, folder):
    with pytest.raises(UsageError, match="has an export already: choose another folder, or give --force"):
        quick(folder, network, info)
    assert (folder / GRAPH).exists()
    quick(folder, network, info, force=True)
    assert not (folder / GRAPH).exists()
    assert [file.name for file in folder.parent.iterdir()] == [folder.name]


def test_what_is_no_export_is_never_replaced(network, info, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    for force in (False, True):
        with pytest.raises(UsageError, match="exists and is no export"):
            quick(tmp_path / "mine", network, info, force=force)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UsageError, match="exists and is no export"):
        check_target(file, onnx=True, force=True)
    (tmp_path / "empty").mkdir()
    quick(tmp_path / "empty", network, info)


@pytest.mark.slow
def test_an_export_that_fails_leaves_nothing_and_the_old_one(network, info, folder):
    before = (folder / DOCUMENT).read_bytes()
    with torch.no_grad():
        network.class_capsules.weight.fill_(torch.nan)
    with pytest.raises(ParetocapsError, match="differ from torch's"):
        write_export(folder, network, about=info, force=True)
    assert (folder / DOCUMENT).read_bytes() == before
    assert [file.name for file in folder.parent.iterdir()] == [folder.name]


def test_a_folder_that_cannot_be_made(network, info, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ParetocapsError, match="cannot export to"):
        quick(tmp_path / "file" / "x", network, info)


def test_as_many_names_as_classes(network, tmp_path):
    with pytest.raises(UsageError, match="2 class names do not fit a network of 3 classes"):
        quick(tmp_path / "x", network, ExportInfo(classes=("a", "b")))


@pytest.mark.parametrize("left", [0, 4, 100, -1])
def test_truncated_weights(folder, left):
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:left])
    assert "are truncated or no safetensors" in refused(folder)


def test_missing_weights(folder):
    (folder / WEIGHTS).unlink()
    assert f"has no {WEIGHTS}" in refused(folder)


def resaved(folder, change):
    state = load_file(folder / WEIGHTS)
    change(state)
    save_file(state, folder / WEIGHTS)


def test_weights_of_another_shape_are_named(folder):
    resaved(folder, lambda state: state.update({"conv1.bias": torch.zeros(7)}))
    assert "'conv1.bias' is float32 [7], but the network has float32 [6]" in refused(folder)


def test_weights_of_another_type_are_named(folder):
    resaved(folder, lambda state: state.update({"conv1.bias": torch.zeros(6, dtype=torch.float64)}))
    assert "'conv1.bias' is float64 [6], but the network has float32 [6]" in refused(folder)


def test_a_missing_and_a_foreign_weight_are_named(folder):
    resaved(folder, lambda state: state.update({"extra": torch.zeros(1)}))
    assert "have 'extra', which this network lacks" in refused(folder)
    resaved(folder, lambda state: state.pop("conv1.weight"))
    assert "have no 'conv1.weight'" in refused(folder)


def test_changed_weights_are_noticed(folder):
    resaved(folder, lambda state: state["conv1.bias"].add_(1))
    assert "its sha256 differs" in refused(folder)


@pytest.mark.parametrize("changes", [{"classes": 1}, {"routing": "guess"}, {"depth": 3}, {"height": 2}])
def test_an_architecture_that_cannot_be(folder, changes):
    path = folder / DOCUMENT
    content = json.loads(path.read_text())
    content["architecture"].update(changes)
    if "height" in changes:
        content["height"] = changes["height"]
    if "classes" in changes:
        content["about"]["classes"] = ["ant"]
    path.write_text(json.dumps(content))
    assert "describes no valid network" in refused(folder)


def test_an_architecture_of_other_widths(folder):
    path = folder / DOCUMENT
    path.write_text(path.read_text().replace('"conv_channels": 6', '"conv_channels": 8'))
    assert "'conv1.weight' is float32 [6, 3, 3, 1], but the network has float32 [8, 3, 3, 1]" in refused(
        folder
    )


@pytest.mark.slow
def test_an_export_of_pairs_scores_each_pair_with_and_without_torch(small, info, tmp_path):
    paired = build_network(small.model_copy(update={"classes": 4, "pairs": True}), seed=0)
    names = pair_names("abcd")
    with pytest.raises(UsageError, match="3 class names do not fit a network of 6 classes"):
        write_export(tmp_path / "few", paired, about=info, onnx=False)
    document = write_export(tmp_path / "x", paired, about=info.model_copy(update={"classes": names}))
    assert read_document(tmp_path / "x") == document
    images = random_images(paired, 3)
    with torch.no_grad():
        own = paired.eval().label_scores(images)
    for engine in ("torch", "onnx"):
        scores = torch.from_numpy(open_engine(engine, tmp_path / "x").scores(images.numpy()))
        torch.testing.assert_close(scores, own, rtol=0.0, atol=1e-4)
