import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import DataError, ParetocapsError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.testing.plugin import plug_in, write_plugin
from paretocaps.training.first_network import first_network

CHOICES = Choices(family="backbone_caps", backbone="mobilenet_v1", image_size=32, primary_capsules=2)


def made(**changes):
    choices = CHOICES.model_copy(update=changes)
    return first_network(architecture(choices, 32, 32, 3, 3), choices, seed=0)


def test_without_a_checkpoint_it_is_the_built_one():
    network, remarks = made()
    built = build_network(network.architecture, 0)
    assert remarks == ()
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), built.parameters(), strict=True))
    assert all(p.requires_grad for p in network.parameters())


def test_its_trunk_comes_from_the_checkpoint_and_is_frozen_with_its_weights(tmp_path):
    source = build_network(architecture(CHOICES, 32, 32, 3, 3), 9).trunk.state_dict()
    torch.save(source, tmp_path / "net.pt")
    network, remarks = made(checkpoint=str(tmp_path / "net.pt"), frozen=True)
    assert all(torch.equal(value, source[name]) for name, value in network.trunk.state_dict().items())
    assert network.trunk_frozen
    assert [remark for remark in remarks if "standardise=true" in remark]
    assert made(checkpoint=str(tmp_path / "net.pt"), frozen=True, standardise=True)[1] == ()


def test_a_frozen_trunk_of_random_weights_is_said():
    assert made(frozen=True)[1] == ("the frozen trunk has random weights: give it a checkpoint",)


def test_a_checkpoint_that_is_not_there_is_refused():
    with pytest.raises(DataError, match="does not exist"):
        made(checkpoint="missing.pt")


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("capsules[:, :2]", "ValueError: scores of shape .2, 2. where .2, 3. is due"),
        ("capsules @ capsules", "RuntimeError: "),
    ],
)
def test_a_routing_with_a_wrong_shape_is_told_with_its_package(tmp_path, monkeypatch, answer, wrong):
    module = "odd_routing_" + str(len(answer))
    (tmp_path / f"{module}.py").write_text(
        "from paretocaps.domain.routings.routing import Routing\n"
        "from paretocaps.models.routings.base import VectorLayer\n"
        f"ODD = Routing(name='odd', description='odd', layer='{module}:Layer')\n"
        "class Layer(VectorLayer):\n"
        "    def forward(self, capsules):\n"
        f"        return {answer}\n"
        "    def couplings(self, capsules):\n"
        "        raise NotImplementedError\n"
    )
    entries = {"paretocaps.routings": {"odd": f"{module}:ODD"}}
    plug_in(monkeypatch, write_plugin(tmp_path, "odd-parts", entries))
    choices = Choices(routing="odd", primary_capsules=2, decoder="none")
    assert ROUTINGS.plugged_in("odd")
    with pytest.raises(ParetocapsError, match=f"^routing 'odd' of the package 'odd-parts' failed: {wrong}"):
        first_network(architecture(choices, 12, 12, 1, 3), choices, seed=0)
