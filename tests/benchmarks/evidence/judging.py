"""Judges the runs by the criteria of the protocol (docs/evidence.md)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from evidence.methods import RULES
from evidence.tables import HELD_OUT, KNOWN, RECORDED, WITH_EPOCHS
from figures import Figure, figure
from scipy.stats import wilcoxon

AT = (25, 50, 100, 200)
"""The numbers of trials at which methods are compared."""
DRAWN = (5, 10, *range(20, 201, 10))
SHARES = tuple(round(float(share), 4) for share in np.geomspace(0.01, 1.0, 25))
"""The shares of plain TPE's training time at which hypervolumes are drawn."""
LEVEL = 0.05
NEVER = 10.0
"""The share of plain TPE's training time that stands for never, and for more."""
Run = Mapping[str, Any]


@dataclass(frozen=True)
class Runs:
    """The runs that are kept, by table and method, those of the first seeds in order."""

    kept: Mapping[str, Mapping[str, Sequence[Run]]]
    tables: Sequence[str] = field(default=(*KNOWN, *HELD_OUT))

    def volumes(self, table: str, method: str, trials: int) -> list[float]:
        """Return the hypervolume after so many trials, by seed; empty where a method was not played."""
        return [volume(run, trials) for run in self.kept.get(table, {}).get(method, ())]

    def is_below(self, table: str, method: str, other: str, trials: int) -> bool | None:
        """Return whether a method is below another one; None where one of them was not played."""
        mine, others = self.volumes(table, method, trials), self.volumes(table, other, trials)
        count = min(len(mine), len(others))
        return below(mine[:count], others[:count]) if count else None


def volume(run: Run, trials: int) -> float:
    """Return the hypervolume of a run when it had so many trials, or at its end if it has fewer."""
    index = int(np.searchsorted(run["trials"], trials, side="right")) - 1
    return float(run["hypervolume"][index])


def below(mine: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether the median is lower and the signed-rank test tells the paired values apart."""
    differences = np.asarray(mine) - np.asarray(others)
    if not np.median(mine) < np.median(others) or not differences.any():
        return False
    return bool(wilcoxon(differences).pvalue < LEVEL)


def judge(runs: Runs) -> list[Figure]:
    """Return a figure per criterion that can be told from the runs."""
    return [*_trial_for_trial(runs), *_equal_time(runs), *_confirmed(runs), *_warm(runs)]


def _trial_for_trial(runs: Runs) -> Iterable[Figure]:
    early = {table: runs.volumes(table, "default", 50) for table in runs.tables}
    late = {table: runs.volumes(table, "plain", 100) for table in runs.tables}
    both = [table for table in runs.tables if early[table] and late[table]]
    if not both:
        return
    reached = [table for table in both if np.median(early[table]) >= np.median(late[table])]
    what = f"tables of {len(both)} on which the default has at 50 trials what plain TPE has at 100"
    yield figure(what, len(reached), "", "at least 4")
    for method, other, what in (
        ("default", "plain", "tables and numbers of trials at which the default is below plain TPE"),
        ("default, designs", "default", "tables and numbers of trials at which designs set the default back"),
    ):
        places = [(t, n, runs.is_below(t, method, other, n)) for t in runs.tables for n in AT]
        told = [place for place in places if place[2] is not None]
        if told:
            yield figure(f"{what} (of {len(told)})", sum(bool(place[2]) for place in told), "", "at most 0")


def _equal_time(runs: Runs) -> Iterable[Figure]:
    for table in WITH_EPOCHS:
        what, aim = f"{table}: share of plain TPE's training time to its hypervolume", "at most 0.25"
        if shares := time_shares(runs, table, "default"):
            yield figure(f"{what}, without designs", shares, "", aim if table in RECORDED else "")
        for rule in RULES:
            if shares := time_shares(runs, table, f"default, {rule}"):
                aimed = table in RECORDED and rule == stopping_rule()
                yield figure(f"{what}, --stop-early {rule}", shares, "", aim if aimed else "")
            found = lost(runs.kept.get(table, {}).get(f"default, {rule}", ()))
            if found is not None and rule != "none":
                aim = "at most 0.05" if rule == stopping_rule() else ""
                yield figure(
                    f"{table}: runs in which one member of the true front stays stopped, {rule}",
                    found,
                    "",
                    aim,
                )


def _confirmed(runs: Runs) -> Iterable[Figure]:
    for table in runs.tables:
        kept = runs.kept.get(table, {}).get("confirm", ())
        if kept:
            gained = float(np.mean([100 * (run["after"] - run["before"]) for run in kept]))
            name = f"{table}: `confirm` raises the share of true members, mean of {len(kept)} runs, points"
            yield figure(name, gained, "", "at least 20")


def _warm(runs: Runs) -> Iterable[Figure]:
    told = [(t, n, runs.is_below(t, "warm", "default", n)) for t in runs.tables for n in AT[:3]]
    told = [place for place in told if place[2] is not None]
    if told:
        ahead = sum(bool(runs.is_below(t, "default", "warm", n)) for t, n, _ in told)
        below_it = sum(bool(place[2]) for place in told)
        what = f"tables and numbers of trials (of {len(told)}) at which a warm start"
        yield figure(f"{what} is below the default", below_it, "", "at most 0")
        yield figure(f"{what} is ahead of the default", ahead, "", "at least 1")


def stopping_rule() -> str:
    """Return the rule that is the default of this version."""
    from paretocaps.domain.study_spec import StudySpec

    about = StudySpec.model_fields.get("stop_early")
    return str(about.default) if about else "none"


def time_shares(runs: Runs, table: str, method: str) -> list[float]:
    """Return by seed the share of plain TPE's training time that a method takes to its final hypervolume.

    Both are medians over the seeds of plain TPE, after 100 trials.
    """
    whole = whole_time(runs, table)
    if whole is None:
        return []
    aim = float(np.median([volume(run, 100) for run in runs.kept[table]["plain"]]))
    return [min(_reached(run, aim) / whole, NEVER) for run in runs.kept.get(table, {}).get(method, ())]


def whole_time(runs: Runs, table: str) -> float | None:
    """Return plain TPE's median training time of 100 trials, in seconds; None where it was not played."""
    plain = runs.kept.get(table, {}).get("plain", ())
    return float(np.median([_seconds(run, 100) for run in plain])) if plain else None


def volume_by(run: Run, seconds: float) -> float:
    """Return the hypervolume of a run when it had trained so long, or at its end if it ended before."""
    return float(run["hypervolume"][int(np.searchsorted(run["seconds"], seconds, side="right")) - 1])


def _seconds(run: Run, trials: int) -> float:
    index = int(np.searchsorted(run["trials"], trials, side="right")) - 1
    return float(run["seconds"][index])


def _reached(run: Run, aim: float) -> float:
    for value, seconds in zip(run["hypervolume"], run["seconds"], strict=True):
        if value >= aim:
            return float(seconds)
    return math.inf


def lost(runs: Sequence[Run]) -> float | None:
    """Return in which share of runs the member of the true front that is lost most often stays stopped."""
    if not runs:
        return None
    names = [name for run in runs for name in run["lost"]]
    return max((names.count(name) for name in set(names)), default=0) / len(runs)


def summary(runs: Runs) -> dict[str, Any]:
    """Return quartiles at `AT` and at what is drawn, by table and method, and those of the shares of time.

    On tables with epochs, it is drawn over time, too, at `SHARES` of plain TPE's training time.
    """
    found: dict[str, Any] = {}
    for table in runs.tables:
        for method, kept in runs.kept.get(table, {}).items():
            if kept and "trials" in kept[0]:
                last = max(kept[0]["trials"])
                own = found.setdefault(table, {}).setdefault(method, {"runs": len(kept)})
                own["at"] = {str(n): _quartiles(runs.volumes(table, method, n)) for n in AT if n <= last}
                own["drawn"] = {
                    str(n): _quartiles(runs.volumes(table, method, n)) for n in DRAWN if n <= last
                }
                if shares := time_shares(runs, table, method):
                    own["time_share"] = _quartiles(shares)
                whole = whole_time(runs, table)
                if whole is not None and table in WITH_EPOCHS:
                    own["over_time"] = {
                        str(share): _quartiles([volume_by(run, share * whole) for run in kept])
                        for share in SHARES
                    }
                own["stopped"] = float(np.median([run["stopped"] for run in kept]))
                own["cpu"] = round(float(np.median([run["cpu"] for run in kept])), 2)
    return found


def _quartiles(values: Sequence[float]) -> list[float]:
    return [round(float(value), 6) for value in np.quantile(values, (0.25, 0.5, 0.75))]
