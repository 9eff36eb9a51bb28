import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from paretocaps.domain.claim import Claim, Difference, Value, difference, verdict

WAB = {"text": "wab is faster", "row": "wab", "than": "baseline", "objective": "time", "direction": "less"}
OPPOSITE = {"more": "less", "less": "more", "level": "level"}
ends = st.floats(-1e6, 1e6, allow_nan=False)
amounts = st.floats(0, 1e3)
directions = st.sampled_from(["more", "less", "level"])


def claim(direction="less", by=0.0, **others):
    return Claim(**{**WAB, "direction": direction, "by": by, **others})


def between(low, high):
    low, high = sorted((low, high))
    return Difference((low + high) / 2, low, high, 3)


@pytest.mark.parametrize(
    ("direction", "by", "low", "high", "expected"),
    [
        ("less", 0.0, -2.0, -1.0, "holds"),
        ("less", 0.0, -2.0, 1.0, "open"),
        ("less", 0.0, 1.0, 2.0, "does not hold"),
        ("less", 0.0, -1.0, 0.0, "open"),
        ("less", 0.0, 0.0, 0.0, "does not hold"),
        ("less", 0.5, -0.9, -0.5, "holds"),
        ("less", 0.5, -0.9, -0.4, "open"),
        ("less", 0.5, -0.4, 0.2, "does not hold"),
        ("more", 0.0, 0.1, 0.2, "holds"),
        ("more", 0.0, 0.1, math.inf, "holds"),
        ("more", 0.3, 0.1, 0.2, "does not hold"),
        ("less", 0.0, -1.0, math.inf, "open"),
        ("less", 0.0, 1.0, math.inf, "does not hold"),
        ("level", 0.2, -0.2, 0.1, "holds"),
        ("level", 0.2, -0.3, 0.1, "open"),
        ("level", 0.2, 0.3, 0.4, "does not hold"),
        ("level", 0.0, 0.0, 0.0, "holds"),
        ("not less", 0.2, 0.3, 0.4, "holds"),
        ("not less", 0.2, -0.2, 0.4, "holds"),
        ("not less", 0.2, -0.3, 0.4, "open"),
        ("not less", 0.2, -0.5, -0.3, "does not hold"),
        ("not less", 0.0, 0.0, 0.0, "holds"),
    ],
)
def test_the_interval_alone_decides(direction, by, low, high, expected):
    assert verdict(claim(direction, by), Difference((low + high) / 2, low, high, 3)) == expected


def test_without_an_interval_a_claim_is_open():
    assert verdict(claim(), None) == "open"


@given(ends, ends, directions, amounts)
def test_the_verdict_is_the_same_from_the_other_row(low, high, direction, by):
    there, back = between(low, high), between(-low, -high)
    assert verdict(claim(direction, by), there) == verdict(claim(OPPOSITE[direction], by), back)


@given(ends, ends, directions, amounts, st.floats(0, 1), st.floats(0, 1))
def test_a_narrower_interval_only_settles_what_was_open(low, high, direction, by, one, other):
    wide = between(low, high)
    cuts = sorted((one, other))
    inner = [min(max(wide.low + cut * (wide.high - wide.low), wide.low), wide.high) for cut in cuts]
    before, after = verdict(claim(direction, by), wide), verdict(claim(direction, by), between(*inner))
    assert before in ("open", after) or (inner[0] == inner[1] and by == abs(inner[0]))


@given(ends, ends, st.sampled_from(["more", "less"]), amounts, amounts)
def test_who_claims_more_is_never_more_right(low, high, direction, by, further):
    order = ("does not hold", "open", "holds")
    modest, bold = (verdict(claim(direction, one), between(low, high)) for one in (by, by + further))
    assert order.index(bold) <= order.index(modest) or (by == 0 and low == high == 0)


@given(st.lists(st.tuples(ends, ends), min_size=2, max_size=8))
def test_the_interval_holds_the_mean_difference_and_turns_with_the_rows(values):
    pairs = [(Value(own), Value(other)) for own, other in values]
    found, back = difference(pairs), difference([(other, own) for own, other in pairs])
    assert found.low <= found.value <= found.high
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low), rel=1e-9, abs=1e-9)
    assert found.n == len(values)


def test_the_interval_is_that_of_paired_differences():
    found = difference([(Value(own), Value(other)) for own, other in ((3.0, 1.0), (5.0, 2.0), (8.0, 4.0))])
    assert found.value == 3.0
    assert found.high - found.value == pytest.approx(
        4.302653 / math.sqrt(3), rel=1e-5
    )  # t of 2 degrees, sd 1


def test_a_relative_difference_is_a_share_of_the_other_row():
    halves = [(Value(own), Value(2 * own)) for own in (1.0, 7.0)]
    assert difference(halves, relative=True) == Difference(-0.5, -0.5, -0.5, 2, relative=True)
    assert difference([(Value(0.0), Value(1.0))] * 2, relative=True) is None


def test_one_pair_has_an_interval_only_where_no_seed_changes_the_value():
    pair = [(Value(2.0), Value(5.0))]
    assert difference(pair) is None
    assert difference(pair, exact=True) == Difference(-3.0, -3.0, -3.0, 1)
    assert difference([]) is None


def test_whole_numbers_that_agree_have_the_interval_of_their_rounding():
    pairs = [(Value(3.0), Value(4.0)), (Value(5.0), Value(6.0)), (Value(2.0), Value(3.0))]
    found = difference(pairs, step=1.0)
    half = 4.302653 / math.sqrt(6) / math.sqrt(3)  # t of 2 degrees; two values, each within half a step
    assert (found.low, found.value, found.high) == pytest.approx((-1 - half, -1.0, -1 + half), abs=1e-6)
    few = Claim(text="", row="a", than="b", objective="epochs_to(acc=0.9)", direction="less")
    assert verdict(few, found) == "open"
    assert verdict(few, difference(pairs)) == "holds"


def test_what_never_came_so_far_leaves_its_side_open():
    reached, not_reached = Value(4.0), Value(9.0, at_least=True)
    found = difference([(not_reached, Value(2.0)), (reached, Value(2.0))])
    assert found.high == math.inf
    assert found.low > -math.inf
    assert verdict(claim("less"), found) != "holds"
    assert difference([(Value(2.0), not_reached), (Value(2.0), reached)]).low == -math.inf


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"objective": "tiem"}, "unknown objective 'tiem': did you mean 'time'?"),
        ({"objective": "time_to"}, "time_to(acc=0.99)"),
        ({"direction": "faster"}, "'more', 'less', 'level' or 'not less'"),
        ({"by": -0.1}, "greater than or equal to 0"),
        ({"than": None}, "valid string"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_refused(changed, said):
    with pytest.raises(ValidationError) as error:
        Claim(**{**WAB, **changed})
    assert said in str(error.value)


def test_a_claim_may_be_about_the_test_accuracy():
    assert claim(objective="test_acc").of.images == "test"
    assert claim(objective="time_to(acc=baseline)").of.unit == "s"


def test_shares_of_images_that_differ_by_as_many_are_the_same_though_their_last_bits_are_not():
    pairs = [(Value(585 / 600), Value(584 / 600)), (Value(540 / 600), Value(539 / 600))]
    assert pairs[0][0].value - pairs[0][1].value != pairs[1][0].value - pairs[1][1].value
    found = difference(pairs, step=1 / 600)
    half = 12.7062 / math.sqrt(6) / math.sqrt(2)
    assert (600 * found.low, 600 * found.high) == pytest.approx((1 - half, 1 + half), rel=1e-4)
    assert verdict(claim("more"), found) == "open"
    for images in (600, 1000, 6000, 10_000):
        for right in range(images - 60, images, 7):
            one = difference([(Value((right + 1) / images), Value(right / images))] * 2, step=1 / images)
            assert verdict(claim("more"), one) == "open"


def test_how_much_seconds_differ_depends_on_the_device():
    assert claim("less", objective="time", by=0.5, relative=True).of_device
    for other in ({"objective": "params", "by": 0.15}, {"objective": "time"}):
        assert not claim("less", **other).of_device
    assert not claim("level", objective="time", by=0.1).of_device


def test_what_the_paper_does_not_state_is_said_so():
    assert claim().said == claim().text
    assert claim(stated=False).said == f"Not stated by the paper: {claim().text}"
