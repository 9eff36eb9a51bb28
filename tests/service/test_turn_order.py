from datetime import UTC, datetime, timedelta

import pytest

from paretocaps.service.turn_order import in_order
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import NewSubmission

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('order')}/x.db", create=True) as store:
        return store.add_submission(NewSubmission("study", "s", {}))


@pytest.fixture
def order(example):
    from dataclasses import replace

    def of(*submissions):
        made = []
        for key, (owner, priority, served, *state) in enumerate(submissions, start=1):
            moment = None if served is None else NOON + timedelta(minutes=served)
            values = {"owner": owner, "priority": priority, "served": moment}
            made.append(replace(example, id=key, state=state[0] if state else "queued", **values))
        return [one.id for one in in_order(made)]

    return of


def test_of_one_owner_the_first_comes_first(order):
    assert order(("a", 0, None), ("a", 0, None), ("a", 0, None)) == [1, 2, 3]


def test_a_higher_priority_comes_first(order):
    assert order(("a", 0, None), ("a", 5, None), ("b", -1, None)) == [2, 1, 3]


def test_owners_take_turns(order):
    assert order(("a", 0, None), ("a", 0, None), ("a", 0, None), ("b", 0, None), ("b", 0, None)) == [
        1,
        4,
        2,
        5,
        3,
    ]


def test_who_runs_something_comes_after_who_runs_nothing(order):
    assert order(("a", 0, None, "running"), ("a", 0, None), ("b", 0, None)) == [3, 2]


def test_who_was_served_longest_ago_comes_first(order):
    assert order(("a", 0, 5), ("b", 0, 3), ("c", 0, None)) == [3, 2, 1]
    assert order(("a", 0, 5), ("a", 0, 2), ("a", 0, None)) == [3, 2, 1]


def test_what_does_not_wait_has_no_place(order):
    assert order(("a", 0, None, "running"), ("b", 0, None, "paused"), ("c", 0, None, "ended")) == []
