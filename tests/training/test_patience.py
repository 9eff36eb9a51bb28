from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.measurement import EpochRecord
from paretocaps.training.patience import out_of_patience


def epochs(losses, networks=None):
    return [
        EpochRecord(
            epoch=number, acc=0.5, seconds=1, time=number, wall=number, val_loss=loss, network=network
        )
        for number, (loss, network) in enumerate(
            zip(losses, networks or [0] * len(losses), strict=True), start=1
        )
    ]


def test_it_ends_when_the_loss_has_not_fallen_for_so_many_epochs():
    losses = [0.5, 0.4, 0.45, 0.4, 0.41]
    ended = [out_of_patience(epochs(losses[:n]), 3) for n in range(1, 6)]
    assert ended == [False, False, False, False, True]  # as low as before is not lower


def test_zero_and_losses_that_are_not_reported_never_end_one():
    assert not out_of_patience(epochs([0.1, 0.2, 0.3]), 0)
    assert not out_of_patience(epochs([None, None, None]), 1)
    assert not out_of_patience([], 1)


def test_epochs_before_a_structural_change_do_not_count():
    records = epochs([0.1, 0.5, 0.4, 0.45], [0, 1, 1, 1])
    assert not out_of_patience(records, 2)
    assert out_of_patience(records, 1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(1, 6))
def test_it_ends_at_the_first_epoch_so_far_from_every_lower_one(losses, patience):
    ended = [out_of_patience(epochs(losses[:n]), patience) for n in range(1, len(losses) + 1)]
    for place, end in enumerate(ended):
        recent = losses[max(0, place - patience + 1) : place + 1]
        before = losses[: max(0, place - patience + 1)]
        assert end == (bool(before) and min(recent) >= min(before))
