"""The group of `measure.py` about a study whose drivers and workers are killed at random."""

import sys
from pathlib import Path

from figures import ROOT, Figure, figure

KILLS, TRIALS, EPOCHS = 200, 100, 5


def kills(folder: Path) -> list[Figure]:
    """Kill 200 processes of a study of 100 trials at random moments, and count what was lost."""
    sys.path.insert(0, str(ROOT / "tests" / "faults"))
    from harness.forks import Forks
    from harness.invariants import check
    from harness.kills import kill_at_random
    from harness.study import Study

    with Forks() as forks:
        study = Study(forks, folder / "kills", trials=TRIALS, epochs=EPOCHS, seconds=0.15)
        try:
            found = kill_at_random(study, KILLS, seed=0)
            check(study)
        finally:
            study.end()
    states = dict(study.rows("SELECT state, count(*) FROM paretocaps_trials GROUP BY state"))
    finished = "SELECT count(*) FROM paretocaps_attempts WHERE state = 'finished'"
    ((results,),) = study.rows(finished)
    ((distinct,),) = study.rows(
        "SELECT count(DISTINCT choices) FROM paretocaps_trials WHERE state = 'finished'"
    )
    what = f"{KILLS} random kills in a study of {TRIALS} trials of {EPOCHS} epochs"
    return [
        figure(f"{what}: drivers killed", found.drivers, "", ""),
        figure(f"{what}: workers killed", found.workers, "", ""),
        figure(f"{what}: results", results, "", f"at least {TRIALS}"),
        figure(f"{what}: failed", states.get("failed", 0), "", "at most 0"),
        figure(f"{what}: lost", TRIALS - distinct, "", "at most 0"),
        figure(f"{what}: duplicated", results - distinct, "", "at most 0"),
        figure(
            f"{what}: stuck", sum(states.get(one, 0) for one in ("running", "interrupted")), "", "at most 0"
        ),
        figure(f"{what}: epochs lost by one kill, at most", max(found.lost, default=0), "", "at most 1"),
        figure(f"{what}: epochs lost in all", sum(found.lost), "", ""),
    ]
