import pytest
import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network

SHAPE = {"height": 8, "width": 9, "channels": 2, "classes": 4, "conv_channels": 4, "capsule_types": 2}


def decoder(kind):
    return build_network(Architecture(**SHAPE, decoder=kind), seed=0).decoder


def poses(batch=3):
    return torch.randn(batch, 4, 16, generator=torch.Generator().manual_seed(1))


def test_it_draws_pixels_between_0_and_1():
    for kind in ("full", "reduced"):
        pixels = decoder(kind)(poses() * 100, torch.tensor([0, 3, 2]))
        assert pixels.shape == (3, 8 * 9 * 2)
        assert pixels.min() >= 0
        assert pixels.max() <= 1


def test_only_the_chosen_capsule_is_read():
    for kind in ("full", "reduced"):
        made, chosen = decoder(kind), torch.tensor([1, 1, 0])
        changed = poses()
        changed[:, 2:] += 5.0
        assert torch.equal(made(poses(), chosen), made(changed, chosen))
        changed[0, 1] += 5.0
        differs = (made(poses(), chosen) != made(changed, chosen)).any(1)
        assert differs.tolist() == [True, False, False]


def test_the_full_decoder_is_told_the_class_and_the_reduced_one_is_not():
    same = poses(1)[:, :1].expand(1, 4, 16)
    first, second = torch.tensor([0]), torch.tensor([3])
    assert not torch.allclose(decoder("full")(same, first), decoder("full")(same, second))
    assert torch.equal(decoder("reduced")(same, first), decoder("reduced")(same, second))


@pytest.mark.parametrize(("kind", "read"), [("full", 64), ("reduced", 16)])
def test_its_first_layer_reads_all_capsules_or_one(kind, read):
    first = decoder(kind).layers[0]
    assert (first.in_features, first.out_features) == (read, 512)


def test_activations_end_in_the_pixels():
    made, chosen = decoder("full"), torch.tensor([0, 1, 2])
    first, second, pixels = made.activations(poses(), chosen)
    assert (first.shape, second.shape) == ((3, 512), (3, 1024))
    assert first.min() == 0
    assert torch.equal(pixels, made(poses(), chosen))


def test_without_a_decoder_there_is_none():
    assert decoder("none") is None


def test_both_capsules_of_a_pair_are_read():
    both = torch.tensor([[0, 1], [1, 3], [0, 3]])
    there = torch.zeros(3, 4).scatter_(1, both, 1.0).unsqueeze(2)
    full, reduced = decoder("full"), decoder("reduced")
    torch.testing.assert_close(full(poses(), both), full(poses() * there, both))
    assert not torch.allclose(full(poses(), both), full(poses(), both[:, 0]))
    summed = (poses() * there).sum(1, keepdim=True).expand(-1, 4, -1)
    torch.testing.assert_close(reduced(poses(), both), reduced(summed, both[:, 0]))
