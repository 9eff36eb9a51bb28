import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import build_plan
from paretocaps.training.share import Share, told_batch

IMAGES, BATCHES = st.integers(1, 300), st.integers(1, 64)


def shares(size):
    return [Share(rank, size) for rank in range(size)]


@given(IMAGES, BATCHES, st.integers(2, 9))
def test_every_image_is_taken_once_in_the_pass_that_it_is_in(images, batch, size):
    own = [[] for _ in range(size)]
    for share in shares(size):
        places = share.places(images, batch).tolist()
        for start in range(0, images, batch):
            count = min(batch, images - start)
            taken, places = places[: share.taken(count)], places[share.taken(count) :]
            assert all(start <= place < start + count for place in taken)
            own[share.rank] += taken[: share.own(count)]
        assert places == []
    assert sorted(place for one in own for place in one) == list(range(images))


@given(IMAGES, BATCHES, st.integers(1, 9))
def test_the_weights_of_a_steps_passes_add_up_to_one(images, batch, size):
    weights = [share.weights(images, batch) for share in shares(size)]
    assert abs(sum(map(sum, weights)) - 1) < 1e-9
    assert all(len(of_rank) == -(-images // batch) for of_rank in weights)


@pytest.mark.slow
@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 9))
def test_a_smaller_pass_is_no_more_images_for_anyone(one, other, size):
    small, large = sorted((one, other))
    assert all(share.taken(small) <= share.taken(large) for share in shares(size))


def test_how_many_images_a_pass_had_is_told_where_ranks_share_it():
    choices = Choices(batch_size=16)
    plan = build_plan(choices, 100, 1)
    assert told_batch(choices, plan, 1) == ()
    assert told_batch(choices, plan, 2) == (
        "batch sizes counted the images of all of 2 ranks: the first pass had 16, 8 on each",
    )


def test_one_rank_takes_everything_as_it_is():
    assert Share().places(10, 3) is None
    assert Share().own(7) == 7
    assert torch.equal(Share(1, 2).places(5, 4), torch.tensor([2, 3, 4]))  # the last one stands in
