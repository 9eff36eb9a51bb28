"""The contract of every family of networks, as a pytest class to subclass."""

import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.domain.brought_choices import choices_model
from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import parse_choices
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import Family
from paretocaps.errors import UsageError
from paretocaps.exporting.document import ExportInfo
from paretocaps.exporting.engines import ENGINES, open_engine
from paretocaps.exporting.graph import TOLERANCE
from paretocaps.exporting.package import load_export, write_export
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import complexity, multiply_adds, parameters
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.network import Network
from paretocaps.models.pruning.prune import cut
from paretocaps.models.pruning.saliency import measure
from paretocaps.models.pruning.target import pruned
from paretocaps.training.weights import load_weights, save_weights

_READ_DESCRIPTOR = """
import sys
from paretocaps.domain.families.families import FAMILIES
FAMILIES.get(sys.argv[1])
sys.exit("the descriptor imports torch" if "torch" in sys.modules else 0)
"""


class FamilyContract:
    """Tests that hold for every family; a subclass whose name starts with Test sets `name`.

    Attributes:
        name: the family's name in `FAMILIES`.
        choices: choices of its network besides the family; a network with few multiply-adds makes tests fast.
        widths: fields of the architecture that are made smaller for the same reason, if any.
        image: height, width and channels of the images for which the network is built.
        classes: the number of classes.
    """

    name: ClassVar[str]
    choices: ClassVar[Mapping[str, Any]] = {}
    widths: ClassVar[Mapping[str, Any]] = {}
    image: ClassVar[tuple[int, int, int]] = (14, 13, 1)
    classes: ClassVar[int] = 4

    @cached_property
    def family(self) -> Family:
        """The family that is tested."""
        return FAMILIES.get(self.name)

    @cached_property
    def shape(self) -> Architecture:
        """The architecture that is tested."""
        choices = parse_choices(choices_model(), {"family": self.name, **self.choices})
        whole = architecture(cast("Choices", choices), *self.image, self.classes)
        return whole.model_copy(update=dict(self.widths))

    @cached_property
    def network(self) -> Network:
        """Its network."""
        return build_network(self.shape, seed=1).eval()

    @cached_property
    def images(self) -> Tensor:
        """A few images, [B, C, H, W]."""
        height, width, channels = self.image
        return torch.rand(3, channels, height, width, generator=torch.Generator().manual_seed(0))

    def test_the_descriptor_is_read_without_torch(self) -> None:
        """The descriptor is found by its name, without importing torch."""
        command = [sys.executable, "-c", _READ_DESCRIPTOR, self.name]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr.strip().splitlines()[-1:]

    def test_it_says_what_it_is(self) -> None:
        """The family has the name under which it is registered, descriptions, and only choices that exist."""
        family, known = self.family, Choices.model_fields
        assert family.name == self.name
        assert family.description
        assert all(own.description for own in family.own.values())
        assert {*family.choices, *family.defaults, *family.allowed} <= set(known)
        assert (family.prunes != "nothing") == ("pruning_ratio" in family.choices)

    def test_its_choices_read_back_to_themselves(self) -> None:
        """The canonical form parses to itself, and includes the choices that the family adds."""
        model = choices_model()
        canonical = cast("Choices", parse_choices(model, {"family": self.name, **self.choices})).active()
        assert cast("Choices", parse_choices(model, canonical)).active() == canonical
        assert {name for name, own in self.family.own.items() if not own.when.parents} <= set(canonical)

    def test_its_own_choices_are_refused_elsewhere(self) -> None:
        """A value other than the default has no meaning for another family, and is refused there."""
        other = next(family.name for family in FAMILIES.loadable() if not family.own)
        for name, value in self.choices.items():
            if name in self.family.own and value != self.family.own[name].default:
                with pytest.raises(UsageError, match=f"{name}=.* only applies where family is"):
                    parse_choices(choices_model(), {"family": other, name: value})

    def test_it_builds(self) -> None:
        """Weights depend on the seed only, and scores are between 0 and 1."""
        before = torch.get_rng_state()
        again, other = build_network(self.shape, seed=1), build_network(self.shape, seed=2)
        assert torch.equal(torch.get_rng_state(), before)
        assert _same(self.network, again)
        assert not _same(self.network, other)
        with torch.no_grad():
            scores = self.network.scores(self.images)
        assert scores.shape == (len(self.images), self.classes)
        assert scores.min() >= 0
        assert scores.max() <= 1

    def test_it_learns(self) -> None:
        """Every trained parameter has a finite gradient in training."""
        network = build_network(self.shape, seed=1)
        output = network(self.images, torch.arange(len(self.images)) % self.classes)
        judged = output.lengths if output.logits is None else output.logits
        assert (self.family.loss == "cross_entropy") == (output.logits is not None)
        total = judged.square().sum()
        if output.reconstruction is not None:
            total = total + output.reconstruction.square().sum()
        total.backward()
        for parameter in network.parameters():
            assert parameter.grad is not None
            assert parameter.grad.isfinite().all()

    def test_it_counts(self) -> None:
        """The counts of the parts are equal to the network's parameters, and to torch's flops before the
        capsules.

        The contract of routings checks the multiply-adds of the routing.
        """
        assert parameters(self.shape) == sum(weights.numel() for weights in self.network.parameters())
        parts = complexity(self.shape)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            if self.family.has_capsules:
                parts = parts[: [part.name for part in parts].index("primary")]
                self.network.features(self.images)
            else:
                self.network.scores(self.images)
        assert counter.get_total_flops() == 2 * len(self.images) * sum(part.macs for part in parts)

    def test_it_prunes_or_refuses(self) -> None:
        """The pruned network is smaller, of the same family, and has finite scores; or pruning is refused."""
        if self.family.prunes == "nothing":
            with pytest.raises(UsageError, match=f"family={self.name} has no capsules to prune"):
                pruned(self.shape, 0.5)
            return
        target = pruned(self.shape, 0.5)
        assert multiply_adds(target) < multiply_adds(self.shape)
        network = cast("CapsNet", self.network)
        smaller = cut(network, target, measure(network, [self.images], "magnitude", seed=0)).network
        assert type(smaller) is type(network)
        assert parameters(target) == sum(weights.numel() for weights in smaller.parameters())
        with torch.no_grad():
            assert smaller.scores(self.images).isfinite().all()

    def test_it_is_saved(self, tmp_path: Path) -> None:
        """Loading a file of weights gives the same network."""
        save_weights(tmp_path / "weights.pt", self.network)
        loaded = load_weights(tmp_path / "weights.pt")
        assert loaded.architecture == self.shape
        with torch.no_grad():
            assert torch.equal(loaded.scores(self.images), self.network.scores(self.images))

    def test_it_is_exported_and_predicts(self, tmp_path: Path) -> None:
        """The export has the same scores as the network, in torch and in ONNX."""
        names = tuple(f"class{number}" for number in range(self.classes))
        written = write_export(
            tmp_path / "x", self.network, about=ExportInfo(classes=names), images=self.images
        )
        assert written.graph is not None
        assert written.graph.largest_difference <= TOLERANCE
        assert _same(load_export(tmp_path / "x")[0], self.network)
        with torch.no_grad():
            said = self.network.scores(self.images)
        for engine in ENGINES:
            answer = torch.from_numpy(open_engine(engine, tmp_path / "x").scores(self.images.numpy()))
            torch.testing.assert_close(answer, said, rtol=0, atol=TOLERANCE)


def _same(one: Network, other: Network) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return list(mine) == list(theirs) and all(torch.equal(mine[name], theirs[name]) for name in mine)
