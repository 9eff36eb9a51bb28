import pytest
import torch

from paretocaps.models.capsules import lengths
from paretocaps.models.families.capsnet import Output
from paretocaps.models.losses import (
    capsnet_loss,
    class_loss,
    margin_loss,
    reconstruction_loss,
    spread_loss,
    spread_margin,
)


def test_margin_loss_by_hand():
    length = torch.tensor([[0.95, 0.05, 0.1], [0.5, 0.3, 0.8]])
    labels = torch.tensor([0, 1])
    # first: nothing falls short; second: 0.6^2 for the label, half of 0.4^2 + 0.7^2 for the others
    assert margin_loss(length, labels).item() == pytest.approx((0.36 + 0.5 * (0.16 + 0.49)) / 2)


def test_reconstruction_loss_by_hand():
    images = torch.tensor([[[[0.0, 1.0]]], [[[0.5, 0.5]]]])
    drawn = torch.tensor([[1.0, 1.0], [0.5, 0.0]])
    assert reconstruction_loss(drawn, images).item() == pytest.approx(0.0005 * (1.0 + 0.25) / 2)


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_the_loss_is_the_oracles(oracle, batch):
    generator = torch.Generator().manual_seed(0)
    length = torch.rand(batch, 5, dtype=torch.float64, generator=generator)
    drawn = torch.rand(batch, 12, dtype=torch.float64, generator=generator)
    images = torch.rand(batch, 3, 2, 2, dtype=torch.float64, generator=generator)
    labels = torch.randint(5, (batch,), generator=generator)
    for output in (Output(length, drawn), Output(length, None)):
        expected = oracle.loss(length, output.reconstruction, images, labels)
        torch.testing.assert_close(capsnet_loss(output, images, labels), expected)


def test_gradients_are_those_of_the_function():
    generator = torch.Generator().manual_seed(1)
    length = torch.rand(3, 4, dtype=torch.float64, generator=generator).requires_grad_()
    drawn = torch.rand(3, 6, dtype=torch.float64, generator=generator).requires_grad_()
    images = torch.rand(3, 1, 2, 3, dtype=torch.float64, generator=generator)
    labels = torch.tensor([0, 3, 1])
    assert torch.autograd.gradcheck(lambda a, b: capsnet_loss(Output(a, b), images, labels), (length, drawn))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_gradients_are_finite_where_all_capsules_are_zero(dtype):
    poses = torch.zeros(2, 3, 16, dtype=dtype, requires_grad=True)
    margin_loss(lengths(poses), torch.tensor([0, 2])).backward()
    assert torch.equal(poses.grad, torch.zeros_like(poses))


@pytest.mark.parametrize("margin", [0.2, 0.9])
def test_spread_loss_is_the_plain_sum(margin):
    generator = torch.Generator().manual_seed(2)
    activations = torch.rand(6, 4, dtype=torch.float64, generator=generator)
    labels = torch.randint(4, (6,), generator=generator)
    total = 0.0
    for row, label in zip(activations.tolist(), labels.tolist(), strict=True):
        for index, activation in enumerate(row):
            if index != label:
                total += max(0.0, margin - (row[label] - activation)) ** 2
    assert spread_loss(activations, labels, margin).item() == pytest.approx(total / 6)


def test_spread_loss_is_zero_beyond_the_margin_and_its_gradients_are_right():
    activations = torch.tensor([[0.9, 0.1, 0.3]], dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0])
    assert spread_loss(activations, labels, 0.5).item() == 0.0
    assert torch.autograd.gradcheck(lambda a: spread_loss(a, labels, 0.75), activations)


def test_the_margin_of_the_spread_loss_rises_from_02_to_09():
    assert [spread_margin(share) for share in (0.0, 0.5, 1.0)] == pytest.approx([0.2, 0.55, 0.9])
    assert spread_margin(-1.0) == pytest.approx(0.2)
    assert spread_margin(2.0) == pytest.approx(0.9)


@pytest.mark.parametrize("margin", [0.3, torch.tensor(0.3)])
def test_the_loss_is_the_chosen_one(margin):
    activations, labels = torch.tensor([[0.6, 0.5], [0.2, 0.9]]), torch.tensor([0, 1])
    images = torch.rand(2, 1, 2, 2)
    drawn = torch.rand(2, 4)
    alone = capsnet_loss(Output(activations, None), images, labels, "spread", margin)
    assert alone.item() == pytest.approx(0.2**2 / 2)
    both = capsnet_loss(Output(activations, drawn), images, labels, "spread", margin)
    assert (both - alone).item() == pytest.approx(
        0.0005 * (drawn - images.flatten(1)).square().sum().item() / 2, rel=1e-4
    )
    assert torch.equal(
        capsnet_loss(Output(activations, None), images, labels), margin_loss(activations, labels)
    )


def test_both_classes_of_a_pair_count_as_right():
    length = torch.tensor([[0.95, 0.4, 0.1], [0.5, 0.3, 0.8]])
    pairs = torch.tensor([[0, 1], [0, 2], [1, 2]])
    # first, (0, 1): 0.5^2; second, (1, 2): 0.6^2 + 0.1^2, and half of 0.4^2 for the other
    expected = (0.25 + 0.36 + 0.01 + 0.5 * 0.16) / 2
    assert margin_loss(length, pairs[[0, 2]]).item() == pytest.approx(expected)
    images = torch.zeros(2, 1, 2, 2)
    assert capsnet_loss(Output(length), images, pairs[[0, 2]]).item() == pytest.approx(expected)


def test_the_cross_entropy_of_a_pair_is_the_mean_of_its_classes():
    logits = torch.randn(5, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    pairs = torch.tensor([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
    labels = torch.tensor([0, 5, 3, 3, 1])
    halves = torch.zeros(5, 4).scatter_(1, pairs[labels], 0.5)  # as probabilities of the classes
    expected = torch.nn.functional.cross_entropy(logits, halves)
    output = Output(logits.softmax(1), logits=logits)
    found = capsnet_loss(output, torch.zeros(5, 1, 2, 2), pairs[labels])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(*(torch.autograd.grad(loss, logits)[0] for loss in (found, expected)))
    scored = class_loss(logits.softmax(1), pairs[labels], "cross_entropy")
    torch.testing.assert_close(scored, expected)


def test_each_class_of_a_pair_is_told_from_those_that_are_not_there():
    activations, pair = torch.tensor([[0.9, 0.6, 0.5, 0.1]]), torch.tensor([[0, 1]])
    # of 0.9: none is within 0.3; of 0.6: 0.5 falls short by 0.2
    assert spread_loss(activations, pair, 0.3).item() == pytest.approx(0.2**2 / 2)
