import math
from dataclasses import replace

import pytest

from paretocaps.domain.front_record import FrontMember
from paretocaps.report.depth import DepthPoint, depth_lines


def trial(number, family, blocks, acc=0.5, epoch_time=3.0, choices=None, **values):
    measured = {"acc": acc, "epoch_time": epoch_time, **values}
    return FrontMember(number, {"family": family, "blocks": blocks, **(choices or {})}, measured)


def lines(trials):
    return {(line.quantity, line.family): line.points for line in depth_lines(trials)}


def test_values_are_means_over_the_trials_of_a_family_and_depth():
    trials = [
        trial(0, "momentum_caps", 4, 0.9, 4.0, memory=100),
        trial(1, "momentum_caps", 1, 0.6, 1.0, memory=50),
        trial(2, "momentum_caps", 4, 0.7, 2.0, memory=200),
        trial(3, "residual_caps", 4, 0.8, 2.5, memory=400),
    ]
    found = lines(trials)
    assert found == {
        ("memory", "residual_caps"): (DepthPoint(4, 400, 1),),
        ("memory", "momentum_caps"): (DepthPoint(1, 50, 1), DepthPoint(4, 150, 2)),
        ("epoch_time", "residual_caps"): (DepthPoint(4, 2.5, 1),),
        ("epoch_time", "momentum_caps"): (DepthPoint(1, 1.0, 1), DepthPoint(4, 3.0, 2)),
        ("acc", "residual_caps"): (DepthPoint(4, 0.8, 1),),
        ("acc", "momentum_caps"): (DepthPoint(1, 0.6, 1), DepthPoint(4, pytest.approx(0.8), 2)),
    }
    assert next(iter(found)) == ("memory", "residual_caps")


def test_what_was_not_measured_is_left_out():
    trials = [
        trial(0, "capsnet", 0, latency=0.1),
        trial(1, "capsnet", 3, memory=math.nan),
        trial(2, "own", 3, memory=9),
    ]
    found = lines(trials)
    assert found["latency", "capsnet"] == (DepthPoint(0, 0.1, 1),)
    assert found["memory", "own"] == (DepthPoint(3, 9, 1),)
    assert ("memory", "capsnet") not in found
    assert not any(quantity == "latency_batch" for quantity, _ in found)
    assert [point.value for point in found["epoch_time", "capsnet"]] == [3.0, 3.0]
    untimed = [replace(one, values={"acc": 0.5}) for one in trials]
    assert not any(line.quantity == "epoch_time" for line in depth_lines(untimed))


def test_one_depth_or_none_is_no_figure():
    assert depth_lines([]) == []
    assert depth_lines([trial(0, "capsnet", 2), trial(1, "momentum_caps", 2)]) == []
    assert depth_lines([FrontMember(n, {"lr_max": 0.1 * n}, {"acc": 0.5}) for n in (1, 2)]) == []


def test_lines_are_split_by_routing_and_optimiser_where_these_differ():
    ways = [("rba", "adam"), ("sda", "adam"), ("sda", "ranger21")]
    trials = [
        trial(0, "momentum_caps", blocks, choices={"routing": routing, "optimizer": optimizer}, memory=9)
        for blocks in (1, 2)
        for routing, optimizer in ways
    ]
    found = [line for line in depth_lines(trials) if line.quantity == "memory"]
    assert [line.name for line in found] == [
        "momentum_caps, rba, adam",
        "momentum_caps, sda, adam",
        "momentum_caps, sda, ranger21",
    ]
    assert found[0].kind == {"family": "momentum_caps", "routing": "rba", "optimizer": "adam"}
    same = depth_lines([trial for trial in trials if trial.choices["optimizer"] == "adam"])
    assert {line.name for line in same} == {"momentum_caps, rba", "momentum_caps, sda"}


def test_memory_and_seconds_have_a_slope_through_all_trials():
    trials = [trial(n, "capsnet", n % 4, 0.5, 3.0 + n % 4, memory=100 + 7 * (n % 4)) for n in range(8)]
    by_quantity = {line.quantity: line for line in depth_lines(trials)}
    assert by_quantity["memory"].slope.each == pytest.approx(7)
    assert by_quantity["epoch_time"].slope.each == pytest.approx(1)
    assert by_quantity["memory"].slope.count == 8
    assert by_quantity["acc"].slope is None
