"""Optuna's storage with the trials that this process knows in memory."""

import json
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from copy import deepcopy as copied
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from paretocaps.search.riding_storage import RidingStorage
from paretocaps.storage.optuna_tables import (
    CONSTRAINT,
    OptunaParameter,
    OptunaTrial,
    insert_parameters,
    rewrite_outcome,
    trials_of,
    trials_since,
    unfinished,
)

_RELATIVE = ":relative_params:"
"""Is in the keys under which Optuna's samplers tell other processes what they propose jointly."""


class TrialCache(BaseStorage):
    """A storage of one study, which reads what samplers ask for, and writes a trial's parameters at once.

    Optuna's own cache reads all trials of a study before the first is begun, also for samplers that look at
    none, and with a distribution of its own for every parameter. To a sampler both show the same trials.

    Args:
        backend: the storage, in which other processes may change trials, too.
    """

    def __init__(self, backend: RidingStorage) -> None:
        self._backend = backend
        self._own: dict[int, FrozenTrial] = {}
        """The trials that this process has begun and not told, by key."""
        self._unwritten: dict[int, list[OptunaParameter]] = {}
        self._keys: dict[int, int] = {}
        """The keys of trials by number."""
        self._read: dict[int, FrozenTrial] = {}
        self._last, self._unfinished = -1, set[int]()
        self._looked: int | None = None
        self._open: dict[int, str] = {}
        self._directions: list[StudyDirection] | None = None
        self.constraints: Callable[[int], Mapping[str, float]] | None = None
        """Returns by how much a finished trial breaks each bound, by its number, for samplers."""
        self.left_out: Container[int] = ()
        """The numbers of pruned trials that samplers are shown as failed ones without choices."""

    def remove_session(self) -> None:
        """Release the write lock that an interrupted operation may still hold."""
        self._backend.remove_session()

    def flush(self) -> None:
        """Write the parameters that were suggested since the last call."""
        for key, parameters in list(self._unwritten.items()):
            self._backend.transact(partial(insert_parameters, trial=key, parameters=parameters))
            del self._unwritten[key]

    # trials

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Add a trial, and return its key."""
        trial = self._backend.created(study_id, template_trial)
        if trial.state == TrialState.RUNNING:
            self._own[trial_key(trial)] = trial
        self._keys[trial.number] = trial_key(trial)
        return trial_key(trial)

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        """Keep a parameter until `flush`."""
        one = OptunaParameter(param_name, param_value_internal, distribution_to_json(distribution))
        self._unwritten.setdefault(trial_id, []).append(one)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Set the state and the values of a trial, and return whether that was possible."""
        self.flush()
        excess = self._excess_of(trial_id, state)
        try:
            done = self._backend.set_trial_state_values(trial_id, state, values, excess)
        except UpdateFinishedTrialError:
            self._own.pop(trial_id, None)
            raise
        own = self._own.get(trial_id)
        if done and own is not None and state.is_finished():
            own.state, own.datetime_complete = state, datetime.now()
            own.values = None if values is None else list(values)
            own.system_attrs |= {f"{CONSTRAINT}{bound}": share for bound, share in excess.items()}
        elif done and state == TrialState.RUNNING:
            self._own[trial_id] = self._backend.get_trial(trial_id)
        return done

    def rewrite(self, study_id: int, trial_id: int, state: TrialState, values: Sequence[float]) -> None:
        """Replace the state and the values of a finished trial, which was stopped early and has gone on."""
        excess = self._excess_of(trial_id, state)
        self._backend.transact(lambda c: rewrite_outcome(c, trial_id, state.name, values, excess))
        self.reread(study_id, trial_id)

    def reread(self, study_id: int, trial_id: int) -> None:
        """Read a finished trial anew, whose values have changed."""
        self._own.pop(trial_id, None)
        if trial_id in self._read:
            rows = self._backend.transact(lambda c: trials_of(c, study_id, [trial_id]))
            for trial in map(self._frozen, rows):
                self._constrain(trial)
                self._read[trial_key(trial)] = trial

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial; one that this process has begun is the object that it works on."""
        own = self._own.get(trial_id)
        if own is None:
            return self._backend.get_trial(trial_id)
        if own.state.is_finished():
            del self._own[trial_id]
        return own

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials in one of `states` by number; finished ones are read from the database once."""
        wanted = [state for state in TrialState if states is None or state in states]
        if any(state.is_finished() for state in wanted):
            self._read_changed(study_id)
            found: Iterable[FrozenTrial] = self._read.values()
        else:
            found = self._read_unfinished(study_id, wanted)
        trials = [trial for trial in found if states is None or trial.state in wanted]
        return copied(trials) if deepcopy else trials

    def _read_changed(self, study: int) -> None:
        rows = self._backend.transact(lambda c: trials_since(c, study, self._last, self._unfinished))
        for trial in map(self._frozen, rows):
            self._constrain(trial)
            self._read[trial_key(trial)] = trial  # in the order of keys, which is that of numbers
            self._keys[trial.number] = trial_key(trial)
            self._last = max(self._last, trial_key(trial))
            (self._unfinished.discard if trial.state.is_finished() else self._unfinished.add)(
                trial_key(trial)
            )

    def _constrain(self, trial: FrozenTrial) -> None:
        """Set the constraints of a finished trial; samplers need all of them on each."""
        if not trial.constraints:
            for name, excess in self._excess(trial.number, trial.state).items():
                trial.set_constraint(name, excess)

    def _excess(self, number: int, state: TrialState) -> Mapping[str, float]:
        if self.constraints is None or state not in (TrialState.COMPLETE, TrialState.PRUNED):
            return {}
        return self.constraints(number)

    def _excess_of(self, trial_id: int, state: TrialState) -> Mapping[str, float]:
        if self.constraints is None:
            return {}
        own = self._own.get(trial_id)
        number = self._backend.get_trial_number_from_id(trial_id) if own is None else own.number
        return self._excess(number, state)

    def _read_unfinished(self, study: int, states: Sequence[TrialState]) -> list[FrozenTrial]:
        self._looked, self._open = self._backend.transact(
            lambda c: unfinished(c, study, self._looked, self._open)
        )
        keys = [key for key, state in self._open.items() if TrialState[state] in states]
        if not keys:
            return []
        return list(map(self._frozen, self._backend.transact(lambda c: trials_of(c, study, keys))))

    def _frozen(self, row: OptunaTrial) -> FrozenTrial:
        state, own = TrialState[row.state], self._own.get(row.id)
        if own is not None and state == own.state:
            return own
        if state == TrialState.PRUNED and row.number in self.left_out:
            state, row = TrialState.FAIL, replace(row, values=(), parameters=())
        names = tuple(one.name for one in row.parameters)
        distributions = _distributions(names, tuple(one.distribution for one in row.parameters))
        return FrozenTrial(
            number=row.number,
            state=state,
            value=None,
            values=list(row.values) or None,
            datetime_start=row.started,
            datetime_complete=row.ended,
            params={one.name: distributions[one.name].to_external_repr(one.value) for one in row.parameters},
            distributions=distributions,
            user_attrs={key: json.loads(value) for key, value in row.user},
            system_attrs={key: json.loads(value) for key, value in row.system if not _is_constraint(key)},
            intermediate_values={},  # a study of several objectives has none
            trial_id=row.id,
        )

    def get_trial_id_from_study_id_trial_number(self, study_id: int, trial_number: int) -> int:
        """Return the key of a trial."""
        if trial_number not in self._keys:
            key = self._backend.get_trial_id_from_study_id_trial_number(study_id, trial_number)
            self._keys[trial_number] = key
        return self._keys[trial_number]

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Store a value of a step, which studies of several objectives do not have."""
        self._backend.set_trial_intermediate_value(trial_id, step, intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Store an attribute of a trial."""
        self._backend.set_trial_user_attr(trial_id, key, value)
        if trial_id in self._own:
            self._own[trial_id].user_attrs[key] = value

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Store an attribute of a trial that a sampler sets.

        What it proposes jointly is kept here alone: a moment later it is stored as the trial's parameters.
        """
        if not (trial_id in self._own and _RELATIVE in key):
            self._backend.set_trial_system_attr(trial_id, key, value)
        if trial_id in self._own:
            self._own[trial_id].system_attrs[key] = value

    # studies

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        """Add a study, and return its key."""
        return self._backend.create_new_study(directions, study_name)

    def delete_study(self, study_id: int) -> None:
        """Delete a study."""
        self._backend.delete_study(study_id)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        """Store an attribute of a study."""
        self._backend.set_study_user_attr(study_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        """Store an attribute of a study that Optuna sets."""
        self._backend.set_study_system_attr(study_id, key, value)

    def get_study_id_from_name(self, study_name: str) -> int:
        """Return the key of a study."""
        return self._backend.get_study_id_from_name(study_name)

    def get_study_name_from_id(self, study_id: int) -> str:
        """Return the name of a study."""
        return self._backend.get_study_name_from_id(study_id)

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Return whether each objective is to be small or large, which never changes."""
        if self._directions is None:
            self._directions = self._backend.get_study_directions(study_id)
        return self._directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the attributes of a study."""
        return self._backend.get_study_user_attrs(study_id)

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the attributes of a study that Optuna sets."""
        return self._backend.get_study_system_attrs(study_id)

    def get_all_studies(self) -> list[Any]:
        """Return all studies of the database."""
        return self._backend.get_all_studies()


def _is_constraint(key: str) -> bool:
    """Whether an attribute is a constraint: those of the bounds of today are set anew (`_constrain`)."""
    return key.startswith(CONSTRAINT)


def trial_key(trial: FrozenTrial) -> int:
    """Return the key of a trial, which has no public name (its number has)."""
    return trial._trial_id


@lru_cache
def _distributions(names: tuple[str, ...], texts: tuple[str, ...]) -> dict[str, BaseDistribution]:
    """Return distributions by parameter; trials with the same ones share them."""
    return {name: _distribution(text) for name, text in zip(names, texts, strict=True)}


@lru_cache
def _distribution(text: str) -> BaseDistribution:
    return json_to_distribution(text)
