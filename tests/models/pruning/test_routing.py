import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.routing import untrained_saliencies
from paretocaps.models.pruning.saliency import measure

SHAPE = {"height": 8, "width": 8, "channels": 1, "classes": 3, "conv_channels": 6, "capsule_types": 4}


def network(**changes):
    return build_network(Architecture(**SHAPE, decoder_units=(5, 6), **changes), seed=0).double()


def images():
    return torch.rand(3, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def margin(scores):
    best = scores.max(1).values
    return best - (scores.sum(1) - best) / (scores.shape[1] - 1)


def by_difference(scores_of, capsules, step=1e-5):
    """What scaling each type's capsules does to the margin, per image and unit of scale, by differences."""
    found = []
    for kind in range(4):
        ends = []
        for sign in (1, -1):
            scaled = capsules.clone()
            scaled[:, 4 * kind : 4 * kind + 4] *= 1 + sign * step
            ends.append(margin(scores_of(scaled)))
        found.append((ends[0] - ends[1]) / (2 * step))
    return torch.stack(found, dim=1)


def test_types_count_with_their_coupled_votes_along_the_class_capsules():
    made = network()
    seen, layer = made.observe(images()), made.class_capsules

    def scores(capsules):
        """The class capsules' lengths, every vote formed, the couplings left as they were seen."""
        matrices = layer.weight.detach()  # [O, D, E, I]
        votes = torch.einsum("odei,bie->biod", matrices, capsules)
        sums = (seen.couplings.unsqueeze(3) * votes).sum(1) + layer.bias.detach()
        squares = (sums * sums).sum(2)
        return squares / (1 + squares)

    expected = by_difference(scores, seen.capsules).mean(0)
    found = measure(made, [images()], "routing", seed=0).capsule_types
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-9)


def test_types_of_a_network_with_blocks_count_with_the_class_that_they_lead_to():
    made = network(family="residual_caps", blocks=1, layer_capsules=5, routing_gradient="all")
    seen = made.observe(images())
    assert seen.reached.shape == (3, 5)
    with torch.no_grad():
        expected = by_difference(made.capsule_scores, seen.capsules).mean(0)
    found = measure(made, [images()], "routing", seed=0).capsule_types
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-9)


def test_channels_of_conv1_count_by_their_readers_in_a_second_convolution():
    made = network(stem_convolutions=2)
    with torch.no_grad():
        made.conv2.weight[..., 1] = 0  # nobody reads channel 1
    found = measure(made, [images()], "routing", seed=0)
    (first,) = found.first_channels
    assert first[1] == 0
    assert first.count_nonzero() >= 3
    one, two = (maps.mean((2, 3)) for maps in made.observe(images()).stem)
    seen = made.observe(images()[:1])
    coupled = (seen.couplings * seen.reached[:, None]).sum(2) * seen.presence
    types = coupled.view(4, -1).mean(1)
    norms = made.primary.weight.view(4, -1, 6).norm(dim=1)
    channels = two[0] * (types @ norms)
    expected = one[0] * (channels @ made.conv2.weight.norm(dim=(1, 2)))
    (alone,) = measure(made, [images()[:1]], "routing", seed=0).first_channels
    torch.testing.assert_close(alone, expected.detach())


def test_what_nothing_is_coupled_to_or_nobody_reads_counts_nothing():
    made = network()
    with torch.no_grad():
        made.conv1.weight.abs_()
        made.primary.weight[8:16] = 0  # type 1 has no votes
        made.primary.bias[8:16] = 0
        made.primary.weight[..., 2] = 0  # no type reads channel 2
        made.conv1.weight[4] = 0  # channel 4 never fires
        made.conv1.bias[4] = -1
        made.decoder.layers[1].weight[:, 3] = 0  # no unit reads unit 3
    found = measure(made, [images()], "routing", seed=0)
    assert (found.capsule_types == 0).tolist() == [False, True, False, False]
    assert (found.conv_channels == 0).tolist() == [False, False, True, False, True, False]
    assert found.decoder_units[0][3] == 0
    assert found.decoder_units[0].count_nonzero() >= 1


def test_a_type_that_votes_for_nothing_decides_less_than_one_as_active():
    made = network(routing_iterations=3)
    with torch.no_grad():
        made.primary.weight[0:8] = made.primary.weight[8:16]  # types 0 and 1 respond alike
        made.primary.bias[0:8] = made.primary.bias[8:16]
        made.class_capsules.weight[..., 0:4] = (
            made.class_capsules.weight[..., 4:8] * 0.01
        )  # 0 votes for nothing
    activation = measure(made, [images()], "activation", seed=0).capsule_types
    routing = measure(made, [images()], "routing", seed=0).capsule_types
    torch.testing.assert_close(activation[0], activation[1])
    assert routing[0].abs() < 0.1 * routing[1].abs()


def test_before_the_head_is_trained_types_count_with_the_margin_of_a_probe():
    made = network()
    labels = torch.arange(60) % 3
    shown = torch.rand(60, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 0.1
    shown[:, 0, :, 2:4] += labels.view(-1, 1, 1) * 0.4  # the classes differ
    with torch.no_grad():
        made.primary.weight[:16] = 0  # the capsules of two types are the same for all images, and long
        made.primary.bias[:16] = 3
    before = {name: value.clone() for name, value in made.state_dict().items()}
    found = untrained_saliencies(made, [(shown[:40], labels[:40]), (shown[40:], labels[40:])])
    assert found.capsule_types[2:].min() > 10 * found.capsule_types[:2].abs().max()
    assert measure(made, [shown], "routing", seed=0).capsule_types.argmax() < 2  # by random class capsules
    assert made.training
    assert all(torch.equal(before[name], value) for name, value in made.state_dict().items())
