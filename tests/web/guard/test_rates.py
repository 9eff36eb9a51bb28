import pytest

from paretocaps.web.guard import rates
from paretocaps.web.guard.rates import Buckets, Rates
from paretocaps.web.guard.refusal import Refusal


def test_a_bucket_empties_and_fills_again_for_each_sender():
    now = [0.0]
    buckets = Buckets(2.0, 3, lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    now[0] = 0.25
    assert buckets.take("a") == pytest.approx(0.25)
    now[0] = 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 0.5]
    now[0] = 100.0
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_senders_that_were_not_heard_of_for_longest_are_forgotten(monkeypatch):
    monkeypatch.setattr(rates, "_REMEMBERED", 2)
    buckets = Buckets(1.0, 1, lambda: 0.0)
    assert [buckets.take(key) for key in "abab"] == [0, 0, 1, 1]
    assert [buckets.take(key) for key in "ca"] == [0, 0]


def test_so_many_requests_are_under_way_at_once(monkeypatch):
    monkeypatch.setattr(rates, "_OPEN", 1)
    limits = Rates(10.0)
    under_way = limits.under_way
    with under_way("a"), under_way("b"), pytest.raises(Refusal, match="at once: wait 1 s"), under_way("a"):
        pass
    with under_way("a"):
        pass
