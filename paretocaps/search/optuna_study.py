"""The Optuna side of a study, in the same database as our own tables."""

import warnings
from collections.abc import Sequence

import optuna
from optuna.samplers import BaseSampler
from optuna.storages import RDBStorage

from paretocaps.domain.objective import Objective
from paretocaps.storage.connect import engine_arguments, prepare_engine


def open_optuna_storage(url: str) -> RDBStorage:
    """Return Optuna's storage on the same database, with the same settings as ours."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = RDBStorage(url, engine_kwargs=engine_arguments(url), skip_table_creation=False)
    prepare_engine(storage.engine)
    return storage


def open_optuna_study(
    storage: RDBStorage, name: str, objectives: Sequence[Objective], sampler: BaseSampler
) -> optuna.Study:
    """Create or reopen the Optuna study `name`; objectives were checked by our own tables before."""
    study = optuna.create_study(
        study_name=name,
        storage=storage,
        sampler=sampler,
        directions=[objective.direction for objective in objectives],
        load_if_exists=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names([objective.name for objective in objectives])
    return study
