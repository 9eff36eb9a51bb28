"""The ensembles of a study, as a table and as rows beside published figures."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.report.tables import Table, estimate_text, value_text
from paretocaps.storage.records import EnsembleRecord


def ensembles_table(ensembles: Sequence[EnsembleRecord]) -> Table | None:
    """Return a row for each ensemble, with half the width of accuracies' intervals; None without any.

    Args:
        ensembles: in the order of the rows.
    """
    if not ensembles:
        return None
    acc = OBJECTIVES.get("acc")
    rows = [
        (
            one.name,
            str(len(one.members)),
            estimate_text(acc, one.estimates["acc"]),
            estimate_text(acc, one.estimates["test_acc"]),
            value_text(OBJECTIVES.get("time"), one.time),
            value_text(OBJECTIVES.get("params"), one.params),
            _members(one),
        )
        for one in ensembles
    ]
    first = ensembles[0]  # of one study, so that all have the same images
    images = f"acc of {first.validation_images:,} validation", f"acc of {first.test_images:,} test"
    headings = ("ensemble", "networks", *images, "time, sum", "params, sum", "of")
    return Table(headings, (False, True, True, True, True, True, False), tuple(rows))


def ensemble_estimates(ensemble: EnsembleRecord) -> Mapping[str, Estimate]:
    """Return what stands beside published figures: accuracies, and the sums of time and parameters."""
    sums = {"time": ensemble.time, "params": ensemble.params}
    return {**ensemble.estimates, **{name: Estimate(value, 1) for name, value in sums.items()}}


def _members(ensemble: EnsembleRecord) -> str:
    """Return the trainings of an ensemble: "trial 3, seeds 0, 1; trial 5, seed 0"."""
    pairs = sorted((trial, seed) for trial, seed, _ in ensemble.members)
    texts = []
    for trial, group in groupby(pairs, key=lambda pair: pair[0]):
        seeds = [str(seed) for _, seed in group]
        texts.append(f"trial {trial}, seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}")
    return "; ".join(texts)
