from dataclasses import replace

import pytest

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.report.front import Front
from paretocaps.report.reasons import level_and_better, why_knee


def told(objectives, *values):
    parsed = parse_objectives(objectives)
    names = [one.name for one in parsed]
    members = tuple(FrontMember(n, {}, dict(zip(names, row, strict=True))) for n, row in enumerate(values))
    front = FrontRecord("s", parsed, None, 0.0, members)
    return why_knee(front, Front.from_record(front).knee())


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([(0.9, 5.0)], "it is the only member of the front"),
        ([(0.9, 5.0), (0.9, 5.0)], "no other member is better in any objective"),
        (
            [(0.95, 20.0), (0.8, 5.0)],
            "the best compromise: it is the best in acc, and no other member is nearer to the best values of"
            " all objectives; of those as near, it is the best in acc",
        ),
        (
            [(0.91, 50.0), (0.90, 5.0)],
            "the best compromise: it is the best in time, and any gain in acc costs more in time",
        ),
        (
            [(0.9, 100.0), (0.89, 5.5), (0.8, 5.0)],
            "the best compromise: near it, any gain in one objective costs more in the others",
        ),
        (
            [(0.96, 4.0), (0.92, 2.0), (0.84, 1.0)],
            "the best compromise: no other member is nearer to the best values of all objectives",
        ),
    ],
)
def test_the_reason_holds_for_the_member(values, text):
    assert told("acc,time", *values) == text


def test_an_end_among_three_objectives_names_what_could_be_gained():
    text = told("acc,time,params", (0.98, 12.0, 1100), (0.90, 11.0, 1050))
    assert text == (
        "the best compromise: it is the best in acc, and any gain in time or params costs more in the others"
    )


def test_members_that_no_test_tells_apart_and_that_are_better_in_the_rest_are_named(front, trials):
    own = replace(trials[2], level={"acc": (5, 6, 7)})
    values = own.values | {"acc": 0.974}
    faster = replace(own, trial=5, values=values | {"time": 9.0})
    slower = replace(own, trial=6, values=values | {"time": 19.0})
    better = replace(own, trial=7, design="ws", values=values | {"time": 9.0, "params": 10.0})
    members = (own, faster, slower, better, replace(faster, trial=8))
    assert level_and_better(own, replace(front, members=members)) == [
        "trial 5 is level with it in acc and better in time",
        "trial 7 (ws) is level with it in acc and better in time and params",
    ]
    many = tuple(replace(faster, trial=number) for number in range(10, 15))
    own = replace(own, level={"acc": tuple(range(10, 15))})
    assert level_and_better(own, replace(front, members=(own, *many)))[3:] == ["so are 2 more"]
