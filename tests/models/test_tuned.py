import threading

import pytest
import torch

from paretocaps.domain.tuning import DEFAULT, Tuning
from paretocaps.models.convolution import convolution
from paretocaps.models.tuned import convolutions_seen, tuning_in_force, using


def test_a_tuning_is_in_force_inside_its_context_and_in_its_thread_only():
    seen = []
    with using(Tuning(products="onednn")):
        with using(Tuning(precision="bf16")):
            assert tuning_in_force() == Tuning(precision="bf16")
        assert tuning_in_force() == Tuning(products="onednn")
        thread = threading.Thread(target=lambda: seen.append(tuning_in_force()))
        thread.start()
        thread.join()
    assert [*seen, tuning_in_force()] == [DEFAULT, DEFAULT]


def test_its_threads_compute_until_it_ends():
    before, seen = torch.get_num_threads(), []

    def fail():
        with using(Tuning(threads=before + 1)):
            seen.append(torch.get_num_threads())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [*seen, torch.get_num_threads()] == [before + 1, before]


def test_the_convolutions_of_a_pass_can_be_seen():
    images, weight, bias = torch.ones(1, 2, 6, 5), torch.ones(3, 3, 2, 2), torch.zeros(3)
    with convolutions_seen() as seen:
        convolution(images, weight, bias, (1, 2))
        convolution(images.requires_grad_(), weight, bias, (1, 1))
    assert [(tuple(c.shape), c.image_gradient) for c in seen] == [
        ((2, 6, 5, 3, 3, 2, 1, 2), False),
        ((2, 6, 5, 3, 3, 2, 1, 1), True),
    ]
    assert seen[0].weight is weight
