from datetime import UTC, datetime

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.ensemble import EnsembleSpec
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.search.ensemble_members import ensemble_members
from paretocaps.storage.records import AttemptRecord, TrialRecord

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MEASURED = Measurement(
    acc=0.9, best_epoch=1, time=1, wall=1, params=1, device=Device(name="a cpu", kind="cpu")
)


def trial(number, seeds, design="wab", state="finished"):
    """A trial with (seed, attempt, whether it is measured) trainings."""
    attempts = tuple(
        AttemptRecord(
            AttemptKey("s", number, seed, attempt),
            "finished",
            None,
            MEASURED if done else None,
            None,
            NOW,
            None,
        )
        for seed, attempt, done in seeds
    )
    return TrialRecord(number, state, {"n": number}, design, None, NOW, None, attempts)


def keys(trials, **spec):
    members = ensemble_members(trials, EnsembleSpec(**spec))
    return [(one.key.trial, one.key.seed, one.key.attempt) for one in members]


def test_networks_are_the_latest_of_each_seed_by_seed_then_trial():
    trials = [
        trial(0, [(0, 1, True), (0, 2, True), (1, 1, True)]),
        trial(1, [(0, 1, True), (1, 1, False), (1, 2, True), (2, 1, False)]),
        trial(2, [(0, 1, True)], design="ws"),
        trial(3, [(0, 1, True)], state="interrupted"),
    ]
    assert keys(trials, designs=("wab",)) == [(0, 0, 2), (1, 0, 1), (0, 1, 1), (1, 1, 2)]
    assert keys(trials, designs=("wab",), size=3) == [(0, 0, 2), (1, 0, 1), (0, 1, 1)]
    assert keys(trials, choices={"n": 2}, size=4) == [(2, 0, 1)]
