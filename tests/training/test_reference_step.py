import random

import numpy as np
import pytest
import torch

from paretocaps.errors import UsageError
from paretocaps.training.reference_step import reference_learner, reference_step

pytestmark = pytest.mark.usefixtures("short_reference_step")


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_a_step_takes_time_and_leaves_every_seed_alone():
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    seconds = reference_step("cpu", threads=1)
    assert 1e-5 < seconds < 60
    assert torch.get_num_threads() == 1
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before[1:]


@pytest.mark.slow
def test_it_is_the_same_step_everywhere():
    (first, (rate, *_)), (again, _) = (reference_learner(torch.device("cpu")) for _ in range(2))
    losses = [
        [float(one.step(*next(one.loader.ordered(32)), rate)) for _ in range(2)] for one in (first, again)
    ]
    assert losses[0] == losses[1]
    assert losses[0][0] != losses[0][1]
    assert sum(p.numel() for p in first.network.parameters()) == 8_215_728


def test_a_device_that_is_not_there():
    with pytest.raises(UsageError, match="cuda:99"):
        reference_step("cuda:99")
