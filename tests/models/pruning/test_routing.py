import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.saliency import measure

SHAPE = {"height": 8, "width": 8, "channels": 1, "classes": 3, "conv_channels": 6, "capsule_types": 4}


def network(**changes):
    return build_network(Architecture(**SHAPE, decoder_units=(5, 6), **changes), seed=0).double()


def images():
    return torch.rand(3, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_types_by_hand():
    made = network()
    seen = made.observe(images())
    expected = []
    for kind in range(4):
        total = 0.0
        for sample in range(3):
            for capsule in range(4 * kind, 4 * kind + 4):
                coupled = (seen.couplings[sample, capsule] * seen.lengths[sample]).sum()
                total += (seen.capsules[sample, capsule].norm() * coupled).item()
        expected.append(total / 12)
    found = measure(made, [images()], "routing", seed=0).capsule_types
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_types_of_a_network_with_blocks_count_with_the_layer_that_they_vote_for():
    made = network(family="residual_caps", blocks=1, layer_capsules=5)
    seen = made.observe(images())
    assert seen.reached.shape == (3, 5)
    reached = made.capsule_layer(seen.capsules).norm(dim=2)
    coupled = (made.capsule_layer.couplings(seen.capsules) * reached[:, None]).sum(2)
    expected = (seen.capsules.norm(dim=2) * coupled).view(3, 4, 4).mean((0, 2))
    found = measure(made, [images()], "routing", seed=0).capsule_types
    torch.testing.assert_close(found, expected)


def test_channels_of_conv1_count_by_their_readers_in_a_second_convolution():
    made = network(stem_convolutions=2)
    with torch.no_grad():
        made.conv2.weight[..., 1] = 0  # nobody reads channel 1
    found = measure(made, [images()], "routing", seed=0)
    (first,) = found.first_channels
    assert first[1] == 0
    assert first.count_nonzero() >= 3
    one, two = (maps.mean((2, 3)) for maps in made.observe(images()).stem)
    types = measure(made, [images()[:1]], "routing", seed=0).capsule_types
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


def test_a_type_that_leads_where_nothing_is_counts_less_than_by_activation():
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
    assert routing[0] < routing[1]
