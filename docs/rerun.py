"""Compare two runs of a paper's table with different seeds: `python docs/rerun.py FIRST.json SECOND.json`.

The two files are what `reproduce` wrote beside its pages. For every figure that both measured and that seeds
change, the difference of the two means is set against its 95 % interval (Welch's t), and the result
is kept in docs/evidence/again. Figures that no seed changes, such as parameters or the best of one epoch,
would always agree and do not count; nor do those that repeat another one of their row, such as the seconds of
one epoch, nor seconds where the two runs had different devices.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from math import sqrt
from pathlib import Path
from statistics import fmean, variance
from typing import Any

from scipy.stats import t

AGAIN = Path(__file__).parent / "evidence" / "again"
EXACT = ("params", "macs", "memory")
"""What no seed changes on one device."""
BOUND = ("epoch_time", "time", "latency_batch")
"""What does not compare across devices."""
_EXACT = 1e-12  # of a mean: a difference below this is rounding


def main(first: Path, second: Path) -> None:
    """Keep the comparison of two runs, and print it."""
    one, other = (json.loads(path.read_text(encoding="utf-8")) for path in (first, second))
    if any(one[name] != other[name] for name in ("table", "scale", "data", "scaled_down")):
        raise SystemExit(f"{first} and {second} are not of the same table, scale and data")
    if not (one.get("by_seed") and other.get("by_seed")):
        raise SystemExit(f"{first} or {second} is of a version that kept no trainings: write its page anew")
    if set(one["seeds"]) & set(other["seeds"]):
        raise SystemExit(f"{first} and {second} have seeds in common: run the second with --seed N")
    found = compared(one, other)
    if not found["figures"]:
        raise SystemExit(f"{first} and {second} have no figure in common of two seeds or more")
    within = sum(figure["within"] for figure in found["figures"])
    AGAIN.mkdir(parents=True, exist_ok=True)
    place = AGAIN / f"{one['table']}-{one['scale']}.json"
    place.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{place}: {within} of {len(found['figures'])} differences lie within their intervals")


def compared(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return both runs' seeds and devices, and every figure of both with the interval of their difference."""
    names = ("seeds", "devices", "written", "by_seed")
    both = {which: {name: run[name] for name in names} for which, run in (("first", one), ("second", other))}
    return {"table": one["table"], "scale": one["scale"], **both, "figures": list(_figures(one, other))}


def _figures(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    left = EXACT if set(one["devices"]) == set(other["devices"]) else (*EXACT, *BOUND)
    for row in one["by_seed"]:
        own, again = (list(run["by_seed"].get(row, {}).values()) for run in (one, other))
        counted: list[list[list[float]]] = []
        for name in dict.fromkeys(name for training in own for name in training if name not in left):
            pair = [[training[name] for training in run if name in training] for run in (own, again)]
            changes = all(len(values) > 1 for values in pair) and len({*pair[0], *pair[1]}) > 1
            if changes and pair not in counted:
                counted.append(pair)
                yield {"row": row, "figure": name, **difference(*pair)}


def difference(first: list[float], second: list[float]) -> dict[str, Any]:
    """Return two means, their difference, half of its 95 % interval, and whether it is within it.

    A figure that no seed changes has no interval: it is within where both runs have the same.
    """
    means = fmean(first), fmean(second)
    shares = [variance(values) / len(values) for values in (first, second)]
    apart, error = means[1] - means[0], sqrt(sum(shares))
    half = 0.0
    if error > _EXACT * abs(means[0]):
        sizes = (len(first) - 1, len(second) - 1)
        freedom = sum(shares) ** 2 / sum(share**2 / size for share, size in zip(shares, sizes, strict=True))
        half = float(t.ppf(0.975, freedom)) * error
    within = abs(apart) <= max(half, _EXACT * abs(means[0]))
    return {"first": means[0], "second": means[1], "difference": apart, "half": half, "within": within}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
