import math

import pytest

from paretocaps.domain.claim import Claim
from paretocaps.domain.judged import judged
from paretocaps.domain.measurement import Device, EpochRecord, Measurement


def training(*accuracies, second=1.0, **values):
    """Return a training with these accuracies by epoch, each of which takes `second` seconds."""
    epochs = tuple(
        EpochRecord(epoch=n, acc=acc, seconds=second, time=n * second, wall=n * second, learning_rate=0.001)
        for n, acc in enumerate(accuracies, start=1)
    )
    best = max(epochs, key=lambda one: one.acc)
    own = {"acc": best.acc, "best_epoch": best.epoch, "time": best.time, "wall": best.time, "params": 10}
    return Measurement(**{**own, **values}, device=Device(name="cpu", kind="cpu"), epochs=epochs)


def claim(objective, direction="less", **others):
    return Claim(
        text="so it is", row="wab", than="baseline", objective=objective, direction=direction, **others
    )


BASELINE = {0: training(0.5, 0.7, 0.9), 1: training(0.6, 0.8, 0.8), 2: training(0.5, 0.7, 0.9)}


def test_each_training_is_held_to_the_baseline_of_its_own_seed():
    wab = {0: training(0.9, 0.91), 1: training(0.8, 0.82), 2: training(0.9, 0.7)}
    found = judged(claim("epochs_to(acc=baseline)"), {"wab": wab, "baseline": BASELINE})
    # the baselines reach their best in epochs 3, 2 and 3, and wab each of these in its first
    assert found.found.value == pytest.approx(-5 / 3)
    assert found.found.n == 3


def test_a_training_that_never_got_there_counts_with_all_its_epochs():
    wab = {seed: training(0.1, 0.2, 0.3, 0.4, second=2.0) for seed in BASELINE}
    found = judged(claim("time_to(acc=baseline)"), {"wab": wab, "baseline": BASELINE})
    assert (found.verdict, found.never, found.found.high) == ("does not hold", 3, math.inf)
    assert found.found.value == pytest.approx(8.0 - 8 / 3)
    assert judged(claim("time_to(acc=0.99)"), {"wab": wab, "baseline": wab}).verdict == "open"


def test_only_seeds_of_both_rows_are_compared():
    wab = {0: training(0.5), 1: training(0.7), 7: training(0.1)}
    found = judged(claim("acc"), {"wab": wab, "baseline": BASELINE})
    assert found.found.n == 2
    assert (
        judged(claim("acc"), {"wab": {7: training(0.1)}, "baseline": BASELINE}).why
        == "no seed of both rows has acc"
    )


def test_what_is_missing_leaves_a_claim_open():
    assert judged(claim("acc"), {"baseline": BASELINE}).why == "wab is not trained"
    one = {"wab": {0: training(0.5)}, "baseline": {0: training(0.6)}}
    assert judged(claim("acc"), one).why == "one seed has no interval"
    assert judged(claim("energy"), one).why == "no seed of both rows has energy"
    assert judged(claim("time_to(acc=other)"), one).why == "other is not trained"
    assert all(judged(claim(name), one).verdict == "open" for name in ("acc", "energy"))


def test_one_seed_tells_a_size():
    small = {"wab": {0: training(0.5, params=8)}, "baseline": {0: training(0.5)}}
    assert judged(claim("params", by=0.15, relative=True), small).verdict == "holds"
    assert judged(claim("params", by=0.25, relative=True), small).verdict == "does not hold"


def test_one_seed_tells_no_size_of_a_pruned_network():
    def pruned(params):
        whole = training(0.5, 0.6, params=params)
        epochs = tuple(one.model_copy(update={"network": 1}) for one in whole.epochs)
        return whole.model_copy(update={"epochs": epochs})

    asked = claim("params", by=0.15, relative=True)
    for rows in ((pruned(8), training(0.5)), (training(0.5, params=8), pruned(10))):
        found = judged(asked, {"wab": {0: rows[0]}, "baseline": {0: rows[1]}})
        assert (found.verdict, found.why) == ("open", "one seed has no interval")
    several = {"wab": {0: pruned(6), 1: pruned(7)}, "baseline": {0: training(0.5), 1: training(0.5)}}
    assert judged(asked, several).found.n == 2


def test_seconds_of_two_devices_are_not_compared():
    def of(name, second):
        return training(0.5, 0.7, second=second).model_copy(update={"device": Device(name=name, kind="cpu")})

    rows = {
        "wab": {0: of("a", 1.0), 1: of("a", 1.1), 2: of("b", 0.1)},
        "baseline": {0: of("a", 2.0), 1: of("a", 2.1), 2: of("a", 2.0)},
    }
    found = judged(claim("time"), rows)
    assert (found.found.n, found.found.value, found.verdict) == (2, pytest.approx(-2.0), "holds")
    apart = {"wab": {0: of("b", 1.0), 1: of("b", 1.0)}, "baseline": rows["baseline"]}
    assert judged(claim("time"), apart).why == "the rows' trainings of 2 seeds ran on different devices"
    assert judged(claim("acc", "level"), apart).found.n == 2


@pytest.mark.parametrize(("acc", "verdict"), [(0.9, "holds"), (0.15, "open")])
def test_that_accuracies_are_level_says_nothing_of_networks_that_hardly_learned(acc, verdict):
    rows = {name: {seed: training(acc) for seed in (0, 1, 2)} for name in ("wab", "baseline")}
    found = judged(claim("acc", "level", by=0.02), rows)
    assert found.verdict == verdict
    assert found.why == ("" if acc > 0.2 else "accuracies below 20% are level anyhow")
    rows["wab"][1] = training(acc, collapsed=True)
    assert judged(claim("acc", "level", by=0.02), rows).why.startswith("a training collapsed")
    assert judged(claim("acc", "less"), rows).why == ""
    everywhere = {
        name: {seed: training(acc, collapsed=True) for seed in seeds} for name, seeds in rows.items()
    }
    for direction in ("more", "less", "level", "not less"):
        found = judged(claim("acc", direction, by=0.02), everywhere)
        assert (found.verdict, found.why) == ("open", "all trainings collapsed")


def test_by_how_much_seconds_differ_is_open_where_training_was_scaled_down():
    rows = {
        "wab": {seed: training(0.5, second=1.0 + seed / 100) for seed in (0, 1, 2)},
        "baseline": {seed: training(0.5, second=2.0) for seed in (0, 1, 2)},
    }
    for by, whole in ((0.4, "holds"), (0.8, "does not hold")):
        asked = claim("time", by=by, relative=True)
        assert judged(asked, rows).verdict == whole
        small = judged(asked, rows, amounts=False)
        assert (small.verdict, small.why.partition(" depends")[0]) == ("open", "by how much")
    wrong = claim("time", "more", by=0.4, relative=True)
    assert judged(wrong, rows, amounts=False).verdict == "does not hold"
    assert judged(claim("time"), rows, amounts=False).verdict == "holds"
