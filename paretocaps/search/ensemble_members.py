"""Finds the networks of a study's ensembles among its trials."""

import json
from collections.abc import Mapping, Sequence

from paretocaps.domain.ensemble import EnsembleSpec
from paretocaps.storage.quantity_table import QuantityTable
from paretocaps.storage.records import AttemptRecord, TrialRecord


def ensemble_trials(table: QuantityTable, ensembles: Mapping[str, EnsembleSpec]) -> set[int]:
    """Return the numbers of the finished trials with networks of an ensemble, whose weights are kept."""
    if not ensembles:
        return set()
    return {
        int(number)
        for number, design, choices in zip(table.trials, table.designs, table.choices, strict=True)
        if any(ensemble.takes(design, json.loads(choices)) for ensemble in ensembles.values())
    }


def ensemble_members(trials: Sequence[TrialRecord], ensemble: EnsembleSpec) -> list[AttemptRecord]:
    """Return the trainings whose networks form an ensemble: the one of each seed, by seed, then trial.

    There may be fewer than the ensemble's size.
    """
    networks = {
        (attempt.key.seed, attempt.key.trial): attempt
        for trial in trials
        if trial.state == "finished" and ensemble.takes(trial.design, trial.choices)
        for attempt in trial.measured.values()
    }
    return [networks[key] for key in sorted(networks)][: ensemble.size]
