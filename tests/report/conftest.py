"""A small front with everything a real one has: designs, seeds, conditional choices, a collapsed trial."""

import pytest

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives

OBJECTIVES = parse_objectives("acc,time,params")
FIXED = {"lr_policy": "fixed", "batch_schedule": "constant", "batch_size": 128, "lr_max": 1e-3}
SHARED = {**FIXED, "weight_sharing": True}
ADABATCH = {"lr_policy": "fixed", "batch_schedule": "adabatch", "first_batch": 1, "lr_max": 1e-3}


def member(number, choices, acc, time, params, **more):
    return FrontMember(
        number, choices, {"acc": acc, "time": time, "params": params, "wall": 2 * time}, **more
    )


@pytest.fixture
def trials():
    return (
        member(0, FIXED, 0.98, 10.0, 8_215_728.0, design="baseline", seeds=3),
        member(1, ADABATCH, 0.99, 120.0, 8_215_728.0, design="adabatch"),
        member(2, SHARED, 0.975, 12.0, 6_708_400.0),
        member(3, FIXED, 0.1, 15.0, 8_215_728.0),
        member(4, FIXED, 0.97, float("nan"), 8_215_728.0),
    )


@pytest.fixture
def front(trials):
    return FrontRecord(
        study="demo",
        objectives=OBJECTIVES,
        reference_point=(0.8775, 132.0, 9_037_300.8),
        hypervolume=1.25e7,
        members=(trials[1], trials[0], trials[2]),
    )
