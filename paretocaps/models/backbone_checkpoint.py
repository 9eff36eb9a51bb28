"""Loads checkpoints of backbones, public or saved here: weights of ResNet-18, ResNet-50 and MobileNetV1."""

import re
import struct
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from paretocaps.domain.wording import listed
from paretocaps.errors import DataError, UsageError, first_line
from paretocaps.models.geometry import Size
from paretocaps.models.hub_weights import hub_weights
from paretocaps.models.network import Network
from paretocaps.models.trunks.shape import TRUNKS, TrunkShape
from paretocaps.registry import resolve

_FILES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".tar")
_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_PREFIXES = ("", "module.", "backbone.", "model.", "trunk.", "module.model.", "module.backbone.", "encoder.")
_WRAPPERS = ("state_dict", "model_state_dict", "model", "state")
_CLASSIFIER = re.compile(r"(fc|classifier|head|last_linear|linear|output)\b")
STANDARDISED = "standardise"
"""The entry, in the header of a file of `save_trunk`, that says whether it was trained on such images."""
_COUNTER = "num_batches_tracked"
_SHOWN = 3
_TIMM_STAGES = (1, 2, 2, 6, 2)
_TIMM_LAYERS = {"0": "conv_dw", "1": "bn1", "3": "conv_pw", "4": "bn2"}
Weights = dict[str, Tensor]


def load_checkpoint(network: Network, name: str) -> tuple[str, ...]:
    """Give the network's trunk the weights of a checkpoint and return remarks on them.

    Names of torchvision and timm are understood, and for MobileNetV1 the usual `model.N.0`, with or without a
    prefix such as `module.` or `backbone.`; classifiers are ignored. For grey images the filters of the first
    convolution are summed over the colours, which equals giving the image in all three.

    Args:
        network: a network with a deep trunk, as wide as the checkpoint's (`checkpoint_widths`).
        name: a safetensors or PyTorch file (only its tensors are read), a folder with `model.safetensors`,
            or a name on the hub, whose weights are downloaded once.

    Raises:
        DataError: the file is missing or cannot be read, or the hub cannot be reached.
        UsageError: the checkpoint belongs to another network (the differences are named), or has numbers
            that are not finite.
    """
    trunk, weights = network.architecture.trunk, read_checkpoint(name)
    module = network.get_submodule("trunk")
    key = f"{network.architecture.trunk_shape.convolutions[0].name}.weight"
    expected = {own: tuple(value.shape) for own, value in module.state_dict().items()}
    prefix, own = _translated(weights, expected, trunk)
    grey = key in own and expected[key][1] == 1 and own[key].dim() == 4 and own[key].shape[1] == 3
    if grey:
        own[key] = own[key].sum(1, keepdim=True)
    _compare(own, expected, name, trunk)
    module.load_state_dict({key: value for key, value in own.items() if key in expected}, strict=False)
    ignored = sorted(key for key in own if _CLASSIFIER.match(key)) + [
        key for key in weights if not key.startswith(prefix)
    ]
    remarks = [f"checkpoint {name}: not used: {listed(ignored, _SHOWN)}"] if ignored else []
    if grey:
        remarks.append(f"checkpoint {name}: the first filters are summed over the colours, for grey images")
    return tuple(remarks)


def check_checkpoint(trunks: Sequence[str], name: str) -> None:
    """Check that a checkpoint fits one of `trunks` (names of backbones), with any number of colours.

    Raises:
        DataError, UsageError: as `load_checkpoint`.
    """
    weights, refused = read_checkpoint(name), None
    for trunk in trunks:
        shape = _shape(trunk, _widths(trunk, weights))
        expected = _expected(trunk, shape)
        _, own = _translated(weights, expected, trunk)
        own.pop(key := f"{shape.convolutions[0].name}.weight", None)
        expected.pop(key)
        try:
            _compare(own, expected, name, trunk)
        except UsageError as error:
            refused = refused or error
        else:
            return
    if refused is not None:
        raise refused


def checkpoint_widths(trunk: str, name: str) -> tuple[int, ...]:
    """Return the output channels of every convolution of a checkpoint's trunk; empty if it is not pruned.

    Raises:
        DataError: as `load_checkpoint`.
    """
    return _widths(trunk, read_checkpoint(name))


def checkpoint_standardises(name: str) -> bool | None:
    """Return whether a checkpoint was trained on standardised images; None if it does not say so.

    Raises:
        DataError: as `load_checkpoint`.
    """
    from safetensors import safe_open

    path = _path(name)
    if path.suffix != ".safetensors":
        return None
    with safe_open(path, framework="pt") as file:
        said = (file.metadata() or {}).get(STANDARDISED)
    return None if said is None else said == "true"


def _widths(trunk: str, weights: Weights) -> tuple[int, ...]:
    """Return the widths of a pruned trunk by the shapes of its filters; empty for any other tensors."""
    full = _shape(trunk)
    _, own = _translated(weights, _expected(trunk, full), trunk)
    found = []
    for convolution in full.convolutions:
        filters = own.get(f"{convolution.name}.weight")
        if filters is None or filters.dim() != 4 or not 0 < len(filters) <= convolution.outputs:
            return ()
        found.append(len(filters))
    try:
        _shape(trunk, found)  # refuses widths that differ where maps are added
    except UsageError:
        return ()
    return () if tuple(found) == full.widths else tuple(found)


def _shape(trunk: str, widths: Sequence[int] = ()) -> TrunkShape:
    return TRUNKS.get(trunk).shape(3, Size(64, 64), widths)


def _expected(trunk: str, shape: TrunkShape) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a trunk's tensors by their names."""
    with torch.device("meta"):
        module = resolve(TRUNKS.get(trunk).module)(shape)
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def read_checkpoint(name: str) -> Weights:
    """Return the tensors of a checkpoint by their names, on the CPU.

    Raises:
        DataError: as `load_checkpoint`.
    """
    path = _path(name)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            found: Any = load_file(path)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch warns of pickle protocols
                found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # safetensors has its own errors, and torch's reader raises many kinds
        raise DataError(f"checkpoint {name!r} cannot be read ({_reason(error)}): give another file") from None
    for wrapper in _WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(wrapper), Mapping):
            found = found[wrapper]
    named = found if isinstance(found, Mapping) else {}
    weights = {str(key): value for key, value in named.items() if isinstance(value, Tensor)}
    if not weights:
        raise DataError(f"checkpoint {name!r} holds no tensors by name: give a state dict")
    return weights


def _reason(error: Exception) -> str:
    """Return in a few words why a file cannot be read."""
    if isinstance(error, LookupError | EOFError | struct.error) or "Unsupported operand" in str(error):
        return "it is no PyTorch file"  # such as an HTML page that was downloaded instead
    if isinstance(error, UnpicklingError):
        return "it holds more than tensors, which is not safe to load"
    return first_line(error).split(". ")[0]


def _path(name: str) -> Path:
    path = Path(name).expanduser()
    if path.is_dir():
        path = path / "model.safetensors"
    if path.is_file():
        return path
    if path.suffix in _FILES or not _REPOSITORY.fullmatch(name):
        raise DataError(
            f"checkpoint {name!r} does not exist: give a safetensors or PyTorch file, or a name on the hub"
            " such as timm/resnet50.a1_in1k"
        )
    return hub_weights(name)


def _translated(weights: Weights, expected: Mapping[str, Any], trunk: str) -> tuple[str, Weights]:
    """Return the prefix that was removed from the weights' names, and the weights under our names."""
    names = {key: key for key in expected}
    layouts = [names, {_timm(key): key for key in expected}] if trunk == "mobilenet_v1" else [names]
    _, prefix, layout = max(
        (
            (sum(prefix + key in weights for key in layout), prefix, layout)
            for layout in layouts
            for prefix in _PREFIXES
        ),
        key=lambda found: found[0],
    )
    stripped = {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
    return prefix, {layout.get(key, key): value for key, value in stripped.items()}


def _timm(key: str) -> str:
    """Return timm's name for one of our names in MobileNetV1."""
    _, pair, layer, attribute = key.split(".")
    number = int(pair)
    if number == 0:
        return f"{'conv_stem' if layer == '0' else 'bn1'}.{attribute}"
    stage = 0
    while number > _TIMM_STAGES[stage]:
        number -= _TIMM_STAGES[stage]
        stage += 1
    return f"blocks.{stage}.{number - 1}.{_TIMM_LAYERS[layer]}.{attribute}"


def _compare(own: Weights, expected: Mapping[str, tuple[int, ...]], name: str, trunk: str) -> None:
    missing = [key for key in expected if key not in own and not key.endswith(_COUNTER)]
    unexpected = [key for key in own if key not in expected and not _CLASSIFIER.match(key)]
    unexpected = [key for key in unexpected if not key.endswith(_COUNTER)]
    unlike = [
        f"{key} {tuple(own[key].shape)} for {shape}"
        for key, shape in expected.items()
        if key in own and tuple(own[key].shape) != shape
    ]
    differences = {"missing": missing, "unexpected": unexpected, "of another shape": unlike}
    said = [f"{len(keys)} {what} ({listed(keys, _SHOWN)})" for what, keys in differences.items() if keys]
    if said:
        raise UsageError(f"checkpoint {name!r} is not one of {trunk}: weights {'; '.join(said)}")
    unusable = [key for key in expected if key in own and not own[key].isfinite().all()]
    if unusable:
        raise UsageError(
            f"checkpoint {name!r} has NaN or infinite numbers ({listed(unusable, _SHOWN)}): give another"
        )
