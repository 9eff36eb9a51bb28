import pytest

from paretocaps.errors import UsageError
from paretocaps.schedules.range_test import RangePoint, Suggestion
from paretocaps.service.range_testing import RangeOptions, _remarks, lr_range, write_range_page

SMALL = ("primary_capsules=2", "decoder=none", "precision=fp32")


def test_a_test_on_digits(tmp_path):
    view = lr_range(RangeOptions(settings=(*SMALL, "batch_size=20"), limit_train=100, steps=30))
    assert (view.batch_size, view.steps) == (20, 30)
    assert [point.step for point in view.points] == list(range(len(view.points)))
    answer = view.as_dict()
    assert list(answer) == [
        "lr_min",
        "lr_max",
        "steepest",
        "lowest",
        "space",
        "batch_size",
        "steps",
        "remarks",
        "points",
    ]
    assert answer["points"] == view.rows
    assert view.rows[0].keys() == {"step", "learning_rate", "loss", "smoothed"}
    page = write_range_page(view, str(tmp_path / "range.html")).read_text()
    assert "primary_capsules=2" in page
    assert "digits (100 training images)" in page


@pytest.mark.slow
def test_the_default_steps_are_an_epochs_within_bounds_and_a_schedules_first_batch_is_taken():
    options = RangeOptions(settings=(*SMALL, "first_batch=4"), design="adabatch", limit_train=40)
    view = lr_range(options)
    assert (view.batch_size, view.steps) == (4, 100)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr_low": 0.0}, "lr_low=0 is no learning rate"),
        ({"lr_high": float("nan")}, "lr_high=nan is no learning rate"),
        ({"lr_low": 1.0}, "lr_low=1 is not below lr_high=1"),
        ({"steps": 9}, "steps=9 is too few: give 10 or more"),
        ({"settings": ("lr_max=0.01",)}, "lr_max has no effect on a range test"),
        ({"settings": ("famly=capsnet",)}, "unknown choice 'famly'"),
        ({"dataset": "digits", "data": "/somewhere"}, "give one of them"),
        ({"limit_train": 0}, "limit_train=0 is not allowed"),
        ({"design": "wabb"}, "did you mean 'wab'"),
    ],
)
def test_wrong_use_is_named(options, message):
    with pytest.raises(UsageError, match=message):
        lr_range(RangeOptions(**options))


def test_what_a_sweep_does_not_show_is_said():
    points = [RangePoint(n, 10.0 ** (n - 6), 1.0, 1.0) for n in range(7)]
    assert _remarks(points, Suggestion(None, None, None, None), 7) == [
        "the loss never fell: start from a lower --lr-low"
    ]
    falling = Suggestion(0.01, 0.1, 0.1, 1.0)
    assert _remarks(points, falling, 7) == ["the loss was still falling at the end: raise --lr-high"]
    assert "ended after 7 of 20 steps, at 1: the loss rose" in _remarks(points, falling, 20)
    assert _remarks(points, Suggestion(1e-4, 1e-3, 1e-3, 1e-2), 7) == []
