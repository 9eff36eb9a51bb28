"""Optuna's storage, whose operations are tried again while the database is away, locked or full."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeVar, cast

from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from paretocaps.storage.address import safe
from paretocaps.storage.connect import TRY_SECONDS, engine_arguments, optuna_url, prepare_engine
from paretocaps.storage.faults import explaining_breaks
from paretocaps.storage.optuna_tables import begin_trial, end_trial
from paretocaps.storage.patience import Patience
from paretocaps.storage.same_file import SameFile

Result = TypeVar("Result")
Operation = TypeVar("Operation", bound=Callable[..., Any])


def _riding(operation: Operation) -> Operation:
    """Return an operation of RDBStorage, which is one transaction, that waits for the database."""

    @wraps(operation)
    def method(storage: "RidingStorage", /, *args: Any, **kwargs: Any) -> Any:
        return storage.ride(lambda: operation(storage, *args, **kwargs))

    return cast(Operation, method)


class RidingStorage(RDBStorage):
    """An RDBStorage whose operations wait for the database, and never write to another file than they began.

    If the database goes away while it stores a transaction, nobody knows whether it is stored. Each of these
    operations may be done twice: a trial that was created twice stays without a row of ours, and the next
    recovery ends it.

    Args:
        url: the storage URL.
        patience: how long an operation is tried again.
        file: the database file that is open, of an SQLite URL.
        create: whether missing tables are made.
    """

    def __init__(
        self, url: str, patience: Patience, file: SameFile | None = None, *, create: bool = True
    ) -> None:
        self._patience, self._file = patience, file
        super().__init__(optuna_url(url), engine_kwargs=engine_arguments(url), skip_table_creation=not create)
        prepare_engine(self.engine, TRY_SECONDS)
        if file is not None:
            file.guard(self.engine)

    def ride(self, operation: Callable[[], Any]) -> Any:
        """Return the result of `operation`, which is tried again while the database is away."""

        def once() -> Any:
            if self._file is not None:
                self._file.check()
            with explaining_breaks(safe(self.engine.url)):
                return operation()

        return self._patience.ride(once)

    def transact(self, work: Callable[[Any], Result]) -> Result:
        """Return the result of `work`, a function of a connection, which gets a transaction."""

        def once() -> Result:
            with self.engine.begin() as connection:
                return work(connection)

        result: Result = self.ride(once)
        return result

    def created(self, study_id: int, template: FrozenTrial | None) -> FrozenTrial:
        """Add a trial, as `create_new_trial` does, and return it."""
        if template is not None:
            return self._create_new_trial(study_id, template)
        now = datetime.now(UTC)
        key, number = self.transact(lambda c: begin_trial(c, study_id, now.replace(tzinfo=None)))
        return FrozenTrial(
            number=number,
            state=TrialState.RUNNING,
            value=None,
            values=None,
            datetime_start=now.astimezone().replace(tzinfo=None),
            datetime_complete=None,
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
            trial_id=key,
        )

    def set_trial_state_values(
        self,
        trial_id: int,
        state: TrialState,
        values: Sequence[float] | None = None,
        constraints: Mapping[str, float] = MappingProxyType({}),
    ) -> bool:
        """Set the state and the values of a trial, and return whether that was possible.

        The constraints of a trial that ends are stored with them.

        Raises:
            UpdateFinishedTrialError: it has ended.
        """
        tries = 0

        def once() -> bool:
            nonlocal tries
            tries += 1
            try:
                done = self._set_state(trial_id, state, values or (), constraints)
            except UpdateFinishedTrialError:
                if tries == 1 or RDBStorage.get_trial(self, trial_id).state != state:
                    raise
                return True  # an earlier try was stored, although its answer was lost
            # two drivers may then begin the same waiting trial, which only one of them can claim
            return done or (tries > 1 and state == TrialState.RUNNING)

        return bool(self.ride(once))

    def _set_state(
        self, trial_id: int, state: TrialState, values: Sequence[float], constraints: Mapping[str, float]
    ) -> bool:
        if not state.is_finished():
            return RDBStorage.set_trial_state_values(self, trial_id, state, values)
        now = datetime.now(UTC).replace(tzinfo=None)
        with self.engine.begin() as connection:
            if end_trial(connection, trial_id, state.name, values, now, constraints):
                return True
        raise UpdateFinishedTrialError(f"Optuna's trial with the key {trial_id} has ended")

    # the operations by which optuna.Study and its cache use a storage
    create_new_study = _riding(RDBStorage.create_new_study)
    set_study_user_attr = _riding(RDBStorage.set_study_user_attr)
    set_study_system_attr = _riding(RDBStorage.set_study_system_attr)
    get_study_id_from_name = _riding(RDBStorage.get_study_id_from_name)
    get_study_name_from_id = _riding(RDBStorage.get_study_name_from_id)
    get_study_directions = _riding(RDBStorage.get_study_directions)
    get_study_user_attrs = _riding(RDBStorage.get_study_user_attrs)
    get_study_system_attrs = _riding(RDBStorage.get_study_system_attrs)
    get_all_studies = _riding(RDBStorage.get_all_studies)
    get_trial = _riding(RDBStorage.get_trial)
    get_trial_id_from_study_id_trial_number = _riding(RDBStorage.get_trial_id_from_study_id_trial_number)
    set_trial_intermediate_value = _riding(RDBStorage.set_trial_intermediate_value)
    set_trial_user_attr = _riding(RDBStorage.set_trial_user_attr)
    set_trial_system_attr = _riding(RDBStorage.set_trial_system_attr)
    _create_new_trial = _riding(RDBStorage._create_new_trial)
    _set_trial_param = _riding(RDBStorage._set_trial_param)
    _get_trials = _riding(RDBStorage._get_trials)
