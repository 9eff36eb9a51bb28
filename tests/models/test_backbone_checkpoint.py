import copy
import functools
import pickle

import pytest
import torch
from safetensors.torch import save_file

from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.backbone_checkpoint import (
    check_checkpoint,
    checkpoint_standardises,
    checkpoint_widths,
    load_checkpoint,
    read_checkpoint,
)
from paretocaps.models.build import build_network
from paretocaps.models.pruning.trunk_target import following


def network(trunk, channels=3, seed=0):
    return copy.deepcopy(_drawn(trunk, channels, seed))


@functools.cache
def _drawn(trunk, channels, seed):
    shape = Architecture(
        height=32, width=32, channels=channels, classes=3, family="backbone_caps", trunk=trunk,
        capsule_types=1, decoder="none",
    )  # fmt: skip
    return build_network(shape, seed)


@pytest.fixture(scope="module")
def sources():
    """A network of each kind with other weights and statistics than a new one's."""
    made = {}
    for trunk in ("resnet18", "mobilenet_v1"):
        made[trunk] = network(trunk, seed=7)
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for name, value in made[trunk].trunk.state_dict().items():
                if name.endswith(("running_mean", "running_var", "bias")):
                    value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return made


def state(sources, trunk):
    return {name: value.clone() for name, value in sources[trunk].trunk.state_dict().items()}


def timm_names(weights):
    """MobileNetV1 as timm's mobilenetv1_100 names it, written out by hand."""
    places = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), *((3, n) for n in range(6)), (4, 0), (4, 1)]
    layers = {"0": "conv_dw", "1": "bn1", "3": "conv_pw", "4": "bn2"}
    renamed = {}
    for key, value in weights.items():
        _, pair, layer, attribute = key.split(".")
        if pair == "0":
            renamed[f"{'conv_stem' if layer == '0' else 'bn1'}.{attribute}"] = value
        else:
            stage, block = places[int(pair) - 1]
            renamed[f"blocks.{stage}.{block}.{layers[layer]}.{attribute}"] = value
    return renamed


def same(found, expected):
    return all(torch.equal(value, expected[name]) for name, value in found.trunk.state_dict().items())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trunk", "timm", "prefix"),
    [
        ("resnet18", False, ""),
        ("resnet18", False, "module."),
        ("mobilenet_v1", False, "backbone."),
        ("mobilenet_v1", True, ""),
        ("mobilenet_v1", True, "model."),
    ],
)
def test_public_names_are_understood(sources, tmp_path, trunk, timm, prefix):
    weights = state(sources, trunk)
    named = timm_names(weights) if timm else weights
    named |= {"fc.weight": torch.ones(10, 4), "fc.bias": torch.ones(10)}
    save_file(
        {prefix + key: value.contiguous() for key, value in named.items()}, tmp_path / "net.safetensors"
    )
    found = network(trunk)
    (remark,) = load_checkpoint(found, str(tmp_path / "net.safetensors"))
    assert same(found, weights)
    assert remark.endswith("not used: fc.bias, fc.weight")
    check_checkpoint([trunk], str(tmp_path / "net.safetensors"))


@pytest.mark.slow
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model"])
def test_torch_files_are_understood_bare_and_wrapped(sources, tmp_path, wrapper):
    weights = state(sources, "resnet18")
    content = weights if wrapper is None else {wrapper: weights, "epoch": 90}
    torch.save(content, tmp_path / "net.pth")
    found = network("resnet18")
    assert load_checkpoint(found, str(tmp_path / "net.pth")) == ()
    assert same(found, weights)


@pytest.mark.slow
def test_counters_may_be_missing_and_other_parts_are_said(sources, tmp_path):
    weights = {k: v for k, v in state(sources, "resnet18").items() if "num_batches" not in k}
    torch.save(
        {f"backbone.{key}": v for key, v in weights.items()} | {"neck.weight": torch.ones(2)},
        tmp_path / "x.pt",
    )
    found = network("resnet18")
    (remark,) = load_checkpoint(found, str(tmp_path / "x.pt"))
    assert "not used: neck.weight" in remark
    assert torch.equal(found.trunk.layer4[1].conv2.weight, weights["layer4.1.conv2.weight"])


@pytest.mark.slow
def test_grey_images_take_the_sum_of_the_colours(sources, tmp_path):
    weights = state(sources, "resnet18")
    torch.save(weights, tmp_path / "net.pt")
    grey, colour = network("resnet18", channels=1), network("resnet18")
    (remark,) = load_checkpoint(grey, str(tmp_path / "net.pt"))
    load_checkpoint(colour, str(tmp_path / "net.pt"))
    assert "summed over the colours" in remark
    images = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        shown = colour.trunk.eval()(images.expand(-1, 3, -1, -1))
        torch.testing.assert_close(grey.trunk.eval()(images), shown, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("bn1.bias"), r"weights 1 missing \(bn1.bias\)$"),
        (lambda w: w.update(conv9=torch.ones(1)), r"weights 1 unexpected \(conv9\)$"),
        (lambda w: w.update({"bn1.bias": torch.ones(3)}), r"1 of another shape \(bn1.bias \(3,\) for"),
        (lambda w: [w.pop(f"bn1.{n}") for n in ("bias", "weight", "running_mean", "running_var")],
         r"4 missing \(bn1.weight, bn1.bias, bn1.running_mean and 1 more\)"),
    ],
)  # fmt: skip
def test_what_differs_is_listed(sources, tmp_path, change, message):
    weights = state(sources, "resnet18")
    change(weights)
    torch.save(weights, tmp_path / "net.pt")
    for refuse in (
        lambda: load_checkpoint(network("resnet18"), str(tmp_path / "net.pt")),
        lambda: check_checkpoint(["resnet18"], str(tmp_path / "net.pt")),
    ):
        with pytest.raises(UsageError, match=message) as caught:
            refuse()
        assert "is not one of resnet18" in str(caught.value)


def test_the_checkpoint_of_another_network_is_refused_in_one_line(sources, tmp_path):
    torch.save(state(sources, "mobilenet_v1"), tmp_path / "net.pt")
    name = str(tmp_path / "net.pt")
    with pytest.raises(
        UsageError, match="is not one of resnet50: weights .* missing .*; .* unexpected"
    ) as caught:
        check_checkpoint(["resnet50"], name)
    assert "\n" not in str(caught.value)
    check_checkpoint(["resnet50", "resnet18", "mobilenet_v1"], name)
    with pytest.raises(UsageError, match="is not one of resnet50"):
        check_checkpoint(["resnet50", "resnet18"], name)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(sources, tmp_path, number):
    weights = {name: value.clone() for name, value in state(sources, "resnet18").items()}
    weights["bn1.running_var"][0] = number
    torch.save(weights, tmp_path / "net.pt")
    for refuse in (load_checkpoint, lambda _, name: check_checkpoint(["resnet18"], name)):
        with pytest.raises(
            UsageError, match=r"has NaN or infinite numbers \(bn1.running_var\): give another$"
        ):
            refuse(network("resnet18"), str(tmp_path / "net.pt"))


class _Payload:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("content", [b"", b"junk", pickle.dumps({"a": 1})])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_what_is_no_checkpoint_is_named(tmp_path, content, suffix):
    path = tmp_path / f"net{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"checkpoint '.*net\.\w+' (cannot be read|holds no tensors)"):
        read_checkpoint(str(path))


@pytest.mark.parametrize("content", [b"", b"junk", b"<!DOCTYPE html>\n<html></html>\n"])
def test_a_page_in_the_place_of_a_file_is_not_taken_for_code(tmp_path, content):
    (tmp_path / "net.pth").write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read \(it is no PyTorch file\): give another file$"):
        read_checkpoint(str(tmp_path / "net.pth"))


def test_code_in_a_file_is_not_run(tmp_path, capsys):
    torch.save({"state_dict": _Payload()}, tmp_path / "net.pt")
    with pytest.raises(DataError, match="holds more than tensors"):
        read_checkpoint(str(tmp_path / "net.pt"))
    assert "executed" not in capsys.readouterr().out


def test_a_file_without_tensors_is_named(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "net.pt")
    with pytest.raises(DataError, match="holds no tensors by name"):
        read_checkpoint(str(tmp_path / "net.pt"))


@pytest.mark.parametrize("name", ["missing.pth", "folder/missing.safetensors", "what/is/this", "../what"])
def test_a_missing_file_is_no_name_of_the_hub(name):
    with pytest.raises(
        DataError, match="does not exist: give a safetensors or PyTorch file, or a name on the hub"
    ):
        read_checkpoint(name)


def test_a_name_of_the_hub_is_looked_up_there(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(DataError, match="is no file here, is not cached, and HF_HUB_OFFLINE is set"):
        read_checkpoint("timm/resnet50.a1_in1k")


def test_a_folder_has_the_hubs_file(sources, tmp_path):
    save_file(
        {k: v.contiguous() for k, v in state(sources, "resnet18").items()}, tmp_path / "model.safetensors"
    )
    found = network("resnet18")
    assert load_checkpoint(found, str(tmp_path)) == ()


def narrower(trunk, channels=3):
    """A network on a trunk with every width at three quarters, but one."""
    whole = network(trunk, channels).architecture
    widths = [width * 3 // 4 for width in whole.trunk_shape.widths]
    for number in whole.trunk_shape.groups[1]:
        widths[number] -= 1
    return build_network(following(whole, widths), 3)


@pytest.mark.parametrize(("trunk", "channels"), [("resnet18", 3), ("mobilenet_v1", 1)])
def test_a_pruned_trunk_is_known_by_its_filters(tmp_path, trunk, channels):
    pruned, file = narrower(trunk, channels), str(tmp_path / "pruned.safetensors")
    save_file({name: value.contiguous() for name, value in pruned.trunk.state_dict().items()}, file)
    assert checkpoint_widths(trunk, file) == pruned.architecture.trunk_channels
    check_checkpoint([trunk], file)
    other = build_network(pruned.architecture, 4)
    assert load_checkpoint(other, file) == ()
    for name, value in pruned.trunk.state_dict().items():
        assert torch.equal(value, other.trunk.state_dict()[name])
    assert checkpoint_standardises(file) is None


@pytest.mark.parametrize("change", ["one more", "one wider than its sum", "one missing"])
def test_a_trunk_that_no_pruning_leaves_is_refused(tmp_path, change):
    weights = {name: value.contiguous() for name, value in narrower("resnet18").trunk.state_dict().items()}
    if change == "one more":
        weights["conv1.weight"] = torch.rand(65, 3, 7, 7)
    elif change == "one missing":
        del weights["layer1.0.conv1.weight"]
    else:
        weights["layer1.0.conv2.weight"] = torch.rand(64, 48, 3, 3)
    save_file(weights, file := str(tmp_path / "odd.safetensors"))
    assert checkpoint_widths("resnet18", file) == ()
    with pytest.raises(UsageError, match="is not one of resnet18"):
        check_checkpoint(["resnet18"], file)


def test_an_unpruned_trunk_has_no_widths_of_its_own(sources, tmp_path):
    torch.save(sources["resnet18"].trunk.state_dict(), file := str(tmp_path / "whole.pt"))
    assert checkpoint_widths("resnet18", file) == ()
    assert checkpoint_widths("resnet50", file) == ()
