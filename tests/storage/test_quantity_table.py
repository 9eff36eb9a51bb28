import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.storage.quantity_table import by_trial


def table(trainings, collapsed=None, images=None):
    """Return the table of (trial, value, device, version of torch) each."""
    numbers, values, devices, versions = zip(*trainings, strict=True) if trainings else [()] * 4
    rows = len(numbers)
    columns = {"number": numbers, "device_name": devices, "torch": versions, "attempt": [1] * rows}
    columns |= {"choices": [f'{{"n":{n}}}' for n in numbers], "design": [None] * rows}
    columns |= {
        "shared": [False] * rows,
        "loaded": [None] * rows,
        "retuned": [None] * rows,
        "partial": [None] * rows,
        "calibration": [None] * rows,
    }
    columns |= {"validation_images": images or [None] * rows, "test_images": [None] * rows}
    columns |= {"collapsed": collapsed or [None] * rows}
    return by_trial(("x",), columns, np.array(values, dtype=np.float64)[:, None])


TRAININGS = st.lists(
    st.tuples(
        st.integers(0, 6), st.floats(-1e6, 1e6), st.sampled_from(["a", "b"]), st.sampled_from(["2.1", "2.2"])
    ),
    max_size=12,
)


def same(one, other):
    names = "trials", "choices", "values", "seeds", "counts", "deviations", "images", "attempts"
    for name in (*names, "machines", "devices"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4), min_size=1, max_size=10))
def test_means_and_deviations_are_numpy_s(groups):
    made = table([(number, value, "cpu", "") for number, group in enumerate(groups) for value in group])
    np.testing.assert_allclose(made.values[:, 0], [np.mean(group) for group in groups], rtol=1e-9, atol=1e-6)
    assert made.seeds.tolist() == made.counts[:, 0].tolist() == [len(group) for group in groups]
    deviations = [np.std(group, ddof=1) if len(group) > 1 else np.nan for group in groups]
    np.testing.assert_allclose(made.deviations[:, 0], deviations, rtol=1e-9, atol=1e-6)


@given(TRAININGS)
def test_a_table_joined_trial_by_trial_is_the_whole_one(trainings):
    trainings = sorted(trainings, key=lambda one: one[0])
    numbers = list(dict.fromkeys(one[0] for one in trainings))
    for order in (numbers, numbers[::-1]):
        grown = table([])
        for number in order:
            grown = grown.joined(table([one for one in trainings if one[0] == number]))
        same(grown, table(trainings))


def test_a_trial_that_is_joined_again_is_replaced():
    grown = table([(0, 1.0, "a", ""), (1, 2.0, "a", "")]).joined(
        table([(1, 4.0, "a", ""), (1, 6.0, "a", "")])
    )
    assert grown.column("x").tolist() == [1.0, 5.0]
    assert grown.seeds.tolist() == [1, 2]
    assert grown.row(1) == 1


def test_devices_keep_their_names_where_some_trials_are_taken_out():
    both = table([(0, 1.0, "a", "2.1"), (1, 2.0, "a", "2.2")])
    assert both.only(both.trials == 1).devices.tolist() == ["a, torch 2.2"]
    assert both.only(both.trials == 1).column("x").tolist() == [2.0]


def test_a_trial_is_collapsed_where_every_seed_is() -> None:
    trainings = [(number, 0.1, "cpu", "") for number in (0, 0, 1, 1, 2, 3)]
    made = table(trainings, [True, True, True, False, None, False])
    assert [made.flags(row) for row in range(4)] == [("collapsed",), ("partly collapsed",), (), ()]
    assert made.all_collapsed.tolist() == [True, False, False, False]
    assert made.only(made.trials > 0).collapsed.tolist() == [1, 0, 0]


def test_images_are_known_where_any_seed_has_them_recorded():
    made = table([(0, 0.5, "a", ""), (0, 0.6, "a", ""), (1, 0.7, "a", "")], images=[None, 144, None])
    np.testing.assert_array_equal(made.images, [[144, np.nan], [np.nan, np.nan]])


def test_a_trial_on_several_machines_is_flagged_mixed():
    made = table([(0, 1.0, "a", "2.1"), (0, 2.0, "a", "2.2"), (1, 1.0, "a", "2.1"), (1, 2.0, "a", "2.1")])
    assert (made.flags(0), made.flags(1)) == (("mixed",), ())
