"""Optuna's storage, in which the finished trials of every study are read once."""

import threading
from collections.abc import Container
from datetime import datetime
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from paretocaps.search.riding_storage import RidingStorage
from paretocaps.search.trial_cache import TrialCache, trial_key
from paretocaps.storage.decisions import continued
from paretocaps.storage.studies import created


class StudiesStorage(RidingStorage):
    """A storage that the dashboard asks for all trials of a study every few seconds; threads may share it.

    Optuna's own reads 5,000 trials in ten times the time, each time anew. The arguments are those of
    `RidingStorage`.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._caches: dict[int, tuple[tuple[str, datetime | None], TrialCache]] = {}
        """By key of a study its name, when it was made (keys of deleted ones are used again), its trials."""
        self._reading = threading.Lock()

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials in one of `states` by number."""
        with self._reading:
            name = self.get_study_name_from_id(study_id)
            made = name, self.transact(lambda connection: created(connection, name))
            kept, cache = self._caches.get(study_id, (None, None))
            if cache is None or kept != made:
                cache = TrialCache(self)
                self._caches[study_id] = made, cache
            pruned = cache.get_all_trials(study_id, False, (TrialState.PRUNED,))
            gone_on = self.transact(lambda connection: continued(connection, name)) if pruned else set()
            for trial in pruned:
                if trial.number in gone_on:  # what became of it since was told again
                    cache.reread(study_id, trial_key(trial))
            return cache.get_all_trials(study_id, deepcopy, states)
