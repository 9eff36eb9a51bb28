"""Random kills of drivers and workers; `python tests/benchmarks/measure.py kills` makes 200 of them."""

from harness.invariants import check
from harness.kills import kill_at_random


def test_a_study_survives_random_kills(make_study):
    study = make_study(trials=10, epochs=4, seconds=0.3)
    kills = kill_at_random(study, kills=8, seed=0)
    check(study)
    assert all(lost <= 1 for lost in kills.lost)
