"""Opens the Optuna study of a study, in the same database as our own tables."""

import random
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.trial import TrialState, create_trial

from paretocaps.domain.objective import Objective
from paretocaps.errors import LostStorageError, StorageError, UnavailableError, UsageError
from paretocaps.search.quiet import quietly
from paretocaps.search.riding_storage import RidingStorage
from paretocaps.search.trial_cache import TrialCache
from paretocaps.storage.database import explaining
from paretocaps.storage.patience import Patience
from paretocaps.storage.same_file import SameFile

_PAUSES = (0.1, 0.2, 0.4, 0.8)  # s


def has_optuna_study(url: str, name: str) -> bool:
    """Return whether the database has an Optuna study called `name`."""
    with _storage(url) as storage:
        return name in [study.study_name for study in storage.get_all_studies()]


def foreign_study(name: str) -> UsageError:
    """Return the error for an Optuna study that is not ours, because its trials would be mixed with ours."""
    return UsageError(
        f"study {name!r} of this database was made by Optuna, not by paretocaps:"
        " choose another --study name or --storage"
    )


@contextmanager
def open_optuna_study(
    url: str,
    name: str,
    objectives: Sequence[Objective],
    sampler: BaseSampler,
    patience: Patience | None = None,
    file: SameFile | None = None,
) -> Iterator[optuna.Study]:
    """Create or reopen the Optuna study `name` inside a `with` block, with Optuna's log silenced.

    The caller must have checked the objectives against our own tables, because Optuna would silently keep
    the directions of an existing study.

    Args:
        url, name: the storage URL and the study.
        objectives: give the directions and the names of the values.
        sampler: suggests choices.
        patience: how long each operation waits for a database that is away, locked or full.
        file: the file that the store has opened, of an SQLite URL.
    """
    with _storage(url, patience, file) as storage:
        study = optuna.create_study(
            study_name=name,
            storage=TrialCache(storage),
            sampler=sampler,
            directions=[objective.direction for objective in objectives],
            load_if_exists=True,
        )
        quietly(lambda: study.set_metric_names([objective.name for objective in objectives]))
        yield study


def begin_at(study: optuna.Study, sampled: Mapping[str, Any], attributes: Mapping[str, Any]) -> optuna.Trial:
    """Return a new running trial of `study` that suggests the values `sampled`.

    `enqueue_trial` and `ask` would return the trial that has waited longest, which may be another driver's.
    """
    begun = create_trial(
        state=TrialState.RUNNING, system_attrs={"fixed_params": dict(sampled)}, user_attrs=dict(attributes)
    )
    study._thread_local.cached_all_trials = None  # as `ask` does: the sampler reads what there is now
    return optuna.Trial(study, storage_of(study).create_new_trial(_key_of(study), begun))


def tell_once(
    study: optuna.Study,
    number: int,
    values: Sequence[float] | None = None,
    state: TrialState | None = None,
) -> None:
    """Tell `study` the values or the state of a running trial, unless another driver has told it."""
    with suppress(UpdateFinishedTrialError):
        study.tell(number, values, state, skip_if_finished=True)


def mark(study: optuna.Study, number: int, attribute: str) -> None:
    """Set a user attribute of a running trial of `study`, unless another driver has told of its end."""
    cache = _cache_of(study)
    with suppress(UpdateFinishedTrialError):
        key = cache.get_trial_id_from_study_id_trial_number(_key_of(study), number)
        cache.set_trial_user_attr(key, attribute, True)


def constrain(study: optuna.Study, constraints: Callable[[int], Mapping[str, float]]) -> None:
    """Let the sampler of `study` know by how much each finished trial breaks each bound.

    Args:
        study: an open study.
        constraints: returns that by the name of the bound, from a trial's number: 0 or less where it is kept.
    """
    _cache_of(study).constraints = constraints


def leave_out(study: optuna.Study, numbers: Container[int]) -> None:
    """Let the sampler of `study` know nothing of these pruned trials: why they were no longer holds."""
    _cache_of(study).left_out = numbers


def tell_again(
    study: optuna.Study, number: int, values: Sequence[float] | None, state: TrialState | None
) -> None:
    """Tell `study` the values of a trial that it was told of when it was stopped; None of a bad one."""
    cache = _cache_of(study)
    key = cache.get_trial_id_from_study_id_trial_number(_key_of(study), number)
    cache.rewrite(_key_of(study), key, state or TrialState.COMPLETE, values or ())


def reread(study: optuna.Study, number: int) -> None:
    """Let samplers of `study` see what another driver has told of a trial again."""
    cache = _cache_of(study)
    cache.reread(_key_of(study), cache.get_trial_id_from_study_id_trial_number(_key_of(study), number))


def end_session(study: optuna.Study) -> None:
    """Release SQLite's write lock, which an interrupted `tell` of `study` may still hold."""
    storage_of(study).remove_session()


def _cache_of(study: optuna.Study) -> TrialCache:
    storage = storage_of(study)
    assert isinstance(storage, TrialCache)
    return storage


def _key_of(study: optuna.Study) -> int:
    return study._study_id  # Optuna has no public name for it


def storage_of(study: optuna.Study) -> BaseStorage:
    """Return the storage of an open study, for which Optuna has no public name."""
    return study._storage


@contextmanager
def _storage(
    url: str, patience: Patience | None = None, file: SameFile | None = None
) -> Iterator[RidingStorage]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    waiting = patience or Patience()
    with explaining(url):
        storage = waiting.ride(lambda: _opened(url, waiting, file))
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()


def _opened(url: str, patience: Patience, file: SameFile | None) -> RidingStorage:
    """Open Optuna's storage; drivers that make its tables at once hinder each other, and so try again."""
    for pause in _PAUSES:
        try:
            with explaining(url):
                return RidingStorage(url, patience, file)
        except (UnavailableError, LostStorageError):
            raise
        except StorageError:
            time.sleep(pause * (1 + random.random()))
    with explaining(url):
        return RidingStorage(url, patience, file)
