import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.errors import DataError
from paretocaps.evaluation.accuracy import Evaluator, accuracy
from paretocaps.evaluation.scores import Ensemble, Scored, collect, confidence_of, ensemble_scores, shares
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network


def test_scores_are_the_networks_own_in_order_whatever_the_batches(network, digits):
    made = network().train()
    with torch.no_grad():
        expected = made.scores(digits.images.float() / 255).double().numpy()
    loader = DeviceLoader(digits, "cpu")
    for size in (len(digits), 77):
        found = collect(made, loader.ordered(size))
        np.testing.assert_allclose(found.scores, expected, atol=1e-6)
        np.testing.assert_array_equal(found.labels, digits.labels.numpy())
    assert made.training
    assert (found.predicted == found.labels).mean() == accuracy(made, loader.ordered(100))


def test_scoring_halves_its_batches_when_memory_runs_out(network, digits):
    made = network()
    plain = made.scores

    def hungry(images):
        if len(images) > 60:
            raise torch.OutOfMemoryError("full")
        return plain(images)

    made.scores = hungry
    evaluator = Evaluator(torch.device("cpu"), batch_size=200)
    found = evaluator.fitting(made, lambda size: collect(made, DeviceLoader(digits, "cpu").ordered(size)))
    assert len(found) == len(digits)
    assert evaluator.batch_size == 50
    assert len(evaluator.remarks) == 2


def test_no_images_are_refused(network):
    with pytest.raises(DataError, match="no images to score"):
        collect(network(), [])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=6))
def test_shares_sum_to_one_and_keep_the_order(rows):
    scores = torch.tensor(rows, dtype=torch.float64)
    found = shares(scores)
    torch.testing.assert_close(found.sum(1), torch.ones(len(rows), dtype=torch.float64))
    for row, share in zip(scores, found, strict=True):
        if row.sum() > 0:
            torch.testing.assert_close(share, row / row.sum(), atol=1e-12, rtol=1e-9)
        else:
            assert share.tolist() == [1 / 3] * 3


def test_an_ensemble_is_the_mean_of_shares_and_no_member_shouts(network, digits):
    loader, members = DeviceLoader(digits, "cpu"), [network(seed) for seed in range(3)]
    found = [collect(member, loader.ordered(100)) for member in members]
    joined = ensemble_scores(found)
    np.testing.assert_allclose(joined.scores, np.mean([one.shares for one in found], axis=0))
    as_one = collect(Ensemble(members), loader.ordered(100))
    np.testing.assert_allclose(as_one.scores, joined.scores, atol=1e-6)
    louder = Scored(found[0].scores * 0.01, found[0].labels)
    np.testing.assert_allclose(ensemble_scores([louder, *found[1:]]).scores, joined.scores)
    np.testing.assert_allclose(ensemble_scores(found[:1]).predicted, found[0].predicted)


def test_an_ensemble_can_outdo_its_members():
    labels = np.array([0, 1, 2])
    right = np.eye(3) * 0.5 + 0.2
    members = []
    for confused in range(3):
        scores = right.copy()
        scores[confused] = np.roll(scores[confused], 1) * [0.9, 0.9, 0.9]
        members.append(Scored(scores, labels))
    assert [(one.predicted == labels).mean() for one in members] == [2 / 3] * 3
    assert (ensemble_scores(members).predicted == labels).all()


def test_members_that_judged_something_else_are_refused():
    one = Scored(np.full((2, 3), 0.5), np.array([0, 1]))
    with pytest.raises(DataError, match="other images or classes"):
        ensemble_scores([one, Scored(one.scores, np.array([1, 1]))])
    with pytest.raises(DataError, match="other images or classes"):
        ensemble_scores([one, Scored(one.scores[:, :2], one.labels)])
    with pytest.raises(DataError, match="needs networks"):
        ensemble_scores([])


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({}, "length of the class's capsule"),
        ({"routing": "em"}, "activation of the class's capsule"),
        ({"family": "lenet5"}, "softmax"),
    ],
)
def test_the_confidence_is_told_as_the_network_has_it(choices, words):
    one = build_network(architecture(Choices(**choices), 28, 28, 1, 10), 0)
    assert words in confidence_of([one])
    assert "share" in confidence_of([one, one])


def test_the_share_of_a_pair_is_that_of_both_classes():
    single = np.array([[0.6, 0.3, 0.1]])  # of three classes, whose pairs are (0, 1), (0, 2), (1, 2)
    pairs = np.array([[single[0][a] + single[0][b] for a, b in ((0, 1), (0, 2), (1, 2))]]) / 2
    members = [Scored(pairs, np.array([0])), Scored(3 * pairs, np.array([0]))]
    np.testing.assert_allclose(ensemble_scores(members, paired=2).scores, [[0.9, 0.7, 0.4]])
