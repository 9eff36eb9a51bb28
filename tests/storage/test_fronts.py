import math

import pytest

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import DivergedError
from paretocaps.storage.connect import make_engine

OBJECTIVES = parse_objectives("acc,time")


def front(*numbers, hypervolume=1.5, point=(0.1, 9.9), objectives=OBJECTIVES):
    members = tuple(FrontMember(number, {}, {}) for number in numbers)
    return FrontRecord("s", objectives, point, hypervolume, members)


@pytest.fixture
def rows(url):
    engine = make_engine(url, create=False)

    def count():
        with engine.connect() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM paretocaps_fronts").scalar()

    yield count
    engine.dispose()


def test_a_front_comes_back_with_its_members(store, finish):
    finish(0, acc=0.8, time=1.0, choices={"a": 1})
    finish(1, seed=1, acc=0.9, time=2.0)
    finish(1, seed=2, acc=1.0, time=4.0)
    assert store.latest_front("s", OBJECTIVES) is None
    assert store.save_front(front(1, 0))
    found = store.latest_front("s", OBJECTIVES)
    assert (found.study, found.objectives) == ("s", OBJECTIVES)
    assert (found.hypervolume, found.reference_point) == (1.5, (0.1, 9.9))
    assert found.members == (
        FrontMember(1, {"batch_size": 2}, {"acc": pytest.approx(0.95), "time": 3.0}, None, 2),
        FrontMember(0, {"a": 1}, {"acc": 0.8, "time": 1.0}, None, 1),
    )


def test_an_empty_front_comes_back(store):
    assert store.save_front(front(hypervolume=0.0, point=None))
    found = store.latest_front("s", OBJECTIVES)
    assert (found.reference_point, found.hypervolume, len(found)) == (None, 0.0, 0)


def test_a_front_is_stored_when_it_changed(store, finish, rows):
    for number in range(3):
        finish(number)
    changes = [
        (front(0), True),
        (front(0), False),
        (front(0, 1), True),
        (front(1, 0), True),
        (front(1, 0, hypervolume=1.6), True),
        (front(1, 0, hypervolume=1.6), False),
        (front(1, 0, hypervolume=1.6, point=(0.2, 9.9)), True),
        (front(1, 0), True),
    ]
    assert [store.save_front(record) for record, _ in changes] == [changed for _, changed in changes]
    assert rows() == 6


def test_fronts_over_other_objectives_are_others(store, finish):
    finish(0)
    finish(1)
    other = parse_objectives("acc,params")
    store.save_front(front(0))
    assert store.save_front(front(1, objectives=other))
    assert [member.trial for member in store.latest_front("s", OBJECTIVES)] == [0]
    assert [member.trial for member in store.latest_front("s", other)] == [1]


@pytest.mark.parametrize("bad", [{"hypervolume": math.inf}, {"point": (math.nan, 1.0)}])
def test_a_front_is_finite(store, rows, bad):
    with pytest.raises(DivergedError, match="must be finite"):
        store.save_front(front(**bad))
    assert rows() == 0
