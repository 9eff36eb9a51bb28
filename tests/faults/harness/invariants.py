"""What holds after a study has all its trials, whatever was killed meanwhile.

It is checked with SQL, numpy and the system's own tables, not with the code under test.
"""

import fcntl
import json
import time
from collections import Counter
from collections.abc import Collection

import numpy as np
from harness.known import curve, params_of, seconds_of
from harness.study import Study

SIGNS = {"acc": -1.0, "time": 1.0, "params": 1.0, "wall": 1.0}
"""By what an objective is multiplied to be minimised."""

_TRIALS = """
SELECT t.number, t.state, t.choices, t.ended, t.id FROM paretocaps_trials t
JOIN paretocaps_studies s ON s.id = t.study_id WHERE s.name = 's' ORDER BY t.number
"""
_ATTEMPTS = """
SELECT t.number, a.seed, a.attempt, a.state, a.acc, a.time, a.params, a.best_epoch, a.id, a.ended
FROM paretocaps_attempts a JOIN paretocaps_trials t ON t.id = a.trial_id
JOIN paretocaps_studies s ON s.id = t.study_id WHERE s.name = 's' ORDER BY t.number, a.seed, a.attempt
"""
_TOLD = """
SELECT t.number, t.state, v.objective, v.value FROM trials t JOIN studies s ON s.study_id = t.study_id
LEFT JOIN trial_values v ON v.trial_id = t.trial_id WHERE s.study_name = 's' ORDER BY t.number, v.objective
"""
_FRONT = """
SELECT f.id, f.objectives, f.hypervolume, f.reference_point FROM paretocaps_fronts f
JOIN paretocaps_studies s ON s.id = f.study_id WHERE s.name = 's' ORDER BY f.id
"""

_EVENTS = "SELECT number, kind, payload FROM paretocaps_events WHERE study = 's' ORDER BY number"
_EPOCHS = """
SELECT t.number, a.seed, a.attempt, e.epoch FROM paretocaps_epochs e
JOIN paretocaps_attempts a ON a.id = e.attempt_id JOIN paretocaps_trials t ON t.id = a.trial_id
JOIN paretocaps_studies s ON s.id = t.study_id WHERE s.name = 's'
"""


def check(study: Study, *, failed: int | None = 0, seeds: int = 1, untold: Collection[int] = ()) -> None:
    """Check everything of a completed study.

    Args:
        study: no driver of it runs.
        failed: how many of its trials failed, and had to; None if they are not counted.
        seeds: how many trainings a trial has.
        untold: the trials that a version without events ended.
    """
    trials, values = stored_trials(study, failed), stored_values(study, seeds)
    assert set(values) == {number for number, (state, _) in trials.items() if state == "finished"}
    told(study, trials, values)
    front(study, values)
    events(study, trials, values, untold)
    nobody_owns(study)
    nothing_left(study)


def stored_trials(study: Study, failed: int | None = 0) -> dict[int, tuple[str, dict]]:
    """Check that every trial has ended, that the total is exact and that none repeats another."""
    rows = study.rows(_TRIALS)
    states = Counter(state for _, state, *_ in rows)
    assert set(states) <= {"finished", "failed"}, states
    assert states["finished"] == study.trials, states
    assert failed in (None, states["failed"]), states
    assert len({number for number, *_ in rows}) == len(rows)
    assert all(ended is not None for *_, ended, _ in rows)
    choices = [text for _, state, text, *_ in rows if state == "finished"]
    assert len(set(choices)) == len(choices), "a training was made twice"
    return {number: (state, json.loads(text)) for number, state, text, *_ in rows}


def stored_values(study: Study, seeds: int = 1) -> dict[int, dict[str, float]]:
    """Check that each trial ended once and that what is stored is what was measured; return the means."""
    choices = {number: json.loads(text) for number, _, text, *_ in study.rows(_TRIALS)}
    finished: dict[int, list[dict[str, float]]] = {}
    ended = Counter()
    for number, seed, attempt, state, acc, seconds, params, best, key, end in study.rows(_ATTEMPTS):
        assert state != "running", f"attempt {attempt} at trial {number} has no end"
        assert end is not None
        if state != "finished":
            continue
        ended[number, seed] += 1
        x, width = choices[number].get("x", 0.5), choices[number].get("width", 1)
        accs = curve(x, width, seed, study.epochs)
        expected = max(accs), accs.index(max(accs)) + 1, params_of(x, width)
        assert (acc, best, params) == expected, f"trial {number}: {(acc, best, params)} is not {expected}"
        assert seconds == best * seconds_of(x), f"trial {number}: time={seconds}"
        query = "SELECT epoch, acc, time FROM paretocaps_epochs WHERE attempt_id = ? ORDER BY epoch"
        epochs = study.rows(query, key)
        assert epochs == [(n, one, n * seconds_of(x)) for n, one in enumerate(accs, 1)], f"trial {number}"
        finished.setdefault(number, []).append({"acc": acc, "time": seconds, "params": float(params)})
    assert set(ended.values()) <= {1}, f"trials that ended more than once: {ended}"
    assert all(len(each) == seeds for each in finished.values())
    return {
        number: {name: float(np.mean([one[name] for one in each])) for name in each[0]}
        for number, each in finished.items()
    }


def told(study: Study, trials: dict[int, tuple[str, dict]], values: dict[int, dict[str, float]]) -> None:
    """Check that Optuna was told each trial's end, and the stored values."""
    states: dict[int, str] = {}
    found: dict[int, list[float]] = {}
    for number, state, objective, value in study.rows(_TOLD):
        states[number] = state
        if objective is not None:
            found.setdefault(number, []).append(value)
    unended = {number: state for number, state in states.items() if state in ("RUNNING", "WAITING")}
    assert not unended, f"Optuna waits for {unended}"
    assert {n for n, state in states.items() if state == "COMPLETE"} == set(values)
    for number, (state, _) in trials.items():
        assert states[number] == {"finished": "COMPLETE", "failed": "FAIL"}[state]
    for number, means in values.items():
        assert found[number] == [means[name] for name in study.objectives], f"trial {number}"


def front(study: Study, values: dict[int, dict[str, float]]) -> None:
    """Check that the latest stored front is the one of the stored values."""
    numbers = sorted(values)
    signs = np.array([SIGNS[name] for name in study.objectives])
    matrix = np.array([[values[number][name] for name in study.objectives] for number in numbers]) * signs
    less, equal_or_less = matrix[:, None] < matrix[None], matrix[:, None] <= matrix[None]
    beaten = (less.any(axis=2) & equal_or_less.all(axis=2)).any(axis=0)
    expected = {number for number, is_beaten in zip(numbers, beaten, strict=True) if not is_beaten}
    key, names, hypervolume, point = study.rows(_FRONT)[-1]
    assert names == ",".join(study.objectives)
    members = study.rows("SELECT trial FROM paretocaps_front_members WHERE front_id = ?", key)
    assert {trial for (trial,) in members} == expected
    for trial, name, value in study.rows(
        "SELECT trial, name, value FROM paretocaps_front_values WHERE front_id = ?", key
    ):
        if name in values[trial]:
            assert value == values[trial][name], f"trial {trial} of the front: {name}={value}"
    if point is None:  # it waits for eight trials
        assert hypervolume == 0.0
    elif len(study.objectives) == 2:
        worst = np.array(json.loads(point) if isinstance(point, str) else point) * signs
        assert np.isclose(hypervolume, _area(matrix[~beaten], worst)), hypervolume


def events(
    study: Study,
    trials: dict[int, tuple[str, dict]],
    values: dict[int, dict[str, float]],
    untold: Collection[int] = (),
) -> None:
    """Check that what happened is told in order, without a gap, and each end and epoch of it once."""
    rows = [
        (number, kind, json.loads(payload) if isinstance(payload, str) else payload)
        for number, kind, payload in study.rows(_EVENTS)
    ]
    assert [number for number, *_ in rows] == list(range(1, len(rows) + 1))
    last = {one["trial"]: one for _, kind, one in rows if kind == "trial"}
    assert {number: one["state"] for number, one in last.items()} == {
        number: state for number, (state, _) in trials.items() if number not in untold
    }
    for number, means in ((number, means) for number, means in values.items() if number in last):
        heard = last[number]["values"]
        assert {name: heard[name] for name in means} == means, f"trial {number} is told with {heard}"
    told = Counter(
        (one["trial"], one["seed"], one["attempt"], one["epoch"]) for _, kind, one in rows if kind == "epoch"
    )
    assert set(told.values()) <= {1}, f"epochs that are told more than once: {told.most_common(3)}"
    assert {tuple(row) for row in study.rows(_EPOCHS) if row[0] not in untold} <= set(told)


def _area(points: np.ndarray, worst: np.ndarray) -> float:
    """The area that `points` dominate up to the point `worst`; both are minimised."""
    area, lowest = 0.0, worst[1]
    for first, second in sorted(map(tuple, points[(points < worst).all(axis=1)])):
        if second < lowest:
            area += (worst[0] - first) * (lowest - second)
            lowest = second
    return float(area)


def nobody_owns(study: Study) -> None:
    """Check that every driver has ended, and owns no trial."""
    assert not study.rows("SELECT token FROM paretocaps_drivers WHERE ended IS NULL")
    assert not study.rows("SELECT number FROM paretocaps_trials WHERE driver IS NOT NULL")


def nothing_left(study: Study) -> None:
    """Check that no process of the study lives, and that it left no temporary file and no held lock."""
    assert all(driver.ended for driver in study.drivers)
    deadline = time.monotonic() + 10
    while (living := study.processes()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not living, f"left running: {living}"
    files = [file for file in study.folder.rglob("*") if file.is_file()]
    leaked = [
        file for file in files if file.suffix in (".part", ".old", ".new") or file.name.endswith("-journal")
    ]
    assert not leaked, f"left behind: {leaked}"
    assert not list(study.temporary.rglob("*")), "temporary files were left behind"
    logs = [file for file in files if file.name.endswith("-wal") and file.stat().st_size]
    assert not logs, "the database's log is not in its file"
    assert not [file for file in files if file.name.startswith("checkpoint")], "checkpoints of ended trials"
    of_host = [file for file in study.host.rglob("*") if file.is_file()]
    assert not [file for file in of_host if file.parent.name == "drivers"], "files of drivers that have ended"
    held = [file for file in (*files, *of_host) if _held(file)]
    assert not held, f"locked, though no process lives: {held}"


def _held(file) -> bool:
    with file.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
