import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from paretocaps.data.raw import RawPart
from paretocaps.data.split import bounded_quotas, hold_out, one_in, quotas, stratified_indices

class_counts = st.lists(st.integers(0, 60), min_size=1, max_size=12).filter(any)


@st.composite
def labels_and_total(draw):
    counts = draw(class_counts)
    labels = np.repeat(np.arange(len(counts)), counts)
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(len(labels))
    return labels[order], draw(st.integers(0, len(labels)))


@given(class_counts, st.data())
def test_quotas_are_exact_and_within_one_of_the_share(counts, data) -> None:
    total = data.draw(st.integers(0, sum(counts)))
    taken = quotas(np.array(counts), total)
    shares = np.array(counts) * total / sum(counts)
    assert taken.sum() == total
    assert (taken <= counts).all()
    assert (np.abs(taken - shares) < 1).all()


def test_quotas_give_the_rest_to_the_largest_fractions() -> None:
    # shares 1.25, 1.75, 2.0: one image is missing and goes to the second class
    assert quotas(np.array([5, 7, 8]), 5).tolist() == [1, 2, 2]
    # equal fractions: the lowest classes
    assert quotas(np.array([10, 10, 10, 10]), 6).tolist() == [2, 2, 1, 1]


@given(labels_and_total())
def test_stratified_indices_are_exact_ascending_and_repeatable(case) -> None:
    labels, total = case
    chosen = stratified_indices(labels, total)
    assert len(chosen) == total
    assert (np.diff(chosen) > 0).all()
    expected = quotas(np.bincount(labels), total)
    assert np.bincount(labels[chosen], minlength=len(expected)).tolist() == expected.tolist()
    np.random.seed(total)  # the split has a stream of its own
    assert (stratified_indices(labels, total) == chosen).all()


def test_the_drawn_images_never_change() -> None:
    assert stratified_indices(np.arange(40) % 2, 6).tolist() == [2, 6, 20, 31, 33, 35]


@given(labels_and_total())
def test_hold_out_divides_without_loss_or_overlap(case) -> None:
    labels, total = case
    assume(total < len(labels) and total <= len(labels) - len(set(labels)))
    images = np.arange(len(labels), dtype=np.int64)
    marks = np.stack([images // 256, images % 256], 1).astype(np.uint8).reshape(-1, 1, 1, 2)
    kept, held = hold_out(RawPart(marks, labels, "there"), total)
    ids = [[int(a) * 256 + int(b) for a, b in side.images[:, 0, 0]] for side in (kept, held)]
    assert len(ids[1]) == total
    assert sorted(ids[0] + ids[1]) == images.tolist()
    assert ids[0] == sorted(ids[0])
    assert (kept.labels == labels[ids[0]]).all()
    assert (held.labels == labels[ids[1]]).all()
    assert set(kept.labels) == set(labels)


@given(class_counts, st.data())
def test_bounded_quotas_are_exact_and_those_of_the_shares_where_they_fit(counts, data) -> None:
    counts = np.array(counts)
    least, most = counts.clip(max=1), counts
    total = data.draw(st.integers(int(least.sum()), int(most.sum())))
    taken = bounded_quotas(counts, total, least, most)
    assert taken.sum() == total
    assert ((least <= taken) & (taken <= most)).all()
    if (quotas(counts, total) >= least).all():
        assert taken.tolist() == quotas(counts, total).tolist()


def test_a_class_of_one_image_keeps_it(refusal) -> None:
    labels = np.array([0, 1, 2, 2])
    whole = RawPart(np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1), labels, "there")
    kept, held = hold_out(whole, 1)
    assert (kept.labels.tolist(), held.labels.tolist()) == ([0, 1, 2], [2])
    message = refusal(hold_out, kept, 1, ["ant", "bee", "cat"])
    assert message == (
        "there: class ant has too few images to keep one in training when 1 of 3 are held out: add"
        " images of it"
    )


def test_every_class_is_taken_if_that_is_asked() -> None:
    labels = np.repeat([0, 1, 2], [97, 2, 1])
    assert np.bincount(labels[stratified_indices(labels, 3)]).tolist() == [3]
    assert np.bincount(labels[stratified_indices(labels, 3, least=1)]).tolist() == [1, 1, 1]


def test_the_draw_is_not_merely_the_first_images() -> None:
    chosen = stratified_indices(np.zeros(1000, np.int64), 100)
    assert 350 < chosen.mean() < 650


def test_holding_out_everything_is_refused(refusal) -> None:
    whole = RawPart(np.zeros((2, 1, 1, 1), np.uint8), np.zeros(2, np.int64), "there")
    assert "there: 2 images are too few to split" in refusal(hold_out, whole, 2)


def test_one_in() -> None:
    assert one_in(10, 60_000) == 6_000
    assert one_in(5, 1_797) == 359
    assert one_in(10, 15) == 2
    assert one_in(10, 14) == 1
    assert one_in(10, 3) == 1
