"""The finished trials of a running study and their front, which changes with each of them."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.domain.requirement import Requirement, with_bounded
from paretocaps.domain.study_spec import StudySpec
from paretocaps.run_folder import RunFolder
from paretocaps.search.corners import fixed_corners
from paretocaps.search.ensemble_members import ensemble_trials
from paretocaps.search.observer import Observer
from paretocaps.search.ranking import (
    asked_quantities,
    front_trials,
    keeping,
    latest_device,
    named_values,
    ranked_front,
)
from paretocaps.storage.quantity_table import QuantityTable
from paretocaps.storage.records import StudyRecord
from paretocaps.storage.store import Store


@dataclass
class StudyFront:
    """Ranks the finished trials of a study, stores their front, and keeps the weights that it needs.

    Args:
        spec: the study, with its requirements and ensembles.
        objectives: the study's objectives.
        store: where its trials are.
        observer: its methods are called when the front, or the device of the trials, changes.

    Attributes:
        record: the study as it is stored.
        table: all finished trials; they are read once, and each trial that finishes adds its row.
        front: the latest front.
        device: the device that the front is of, where an objective does not compare across devices.
    """

    spec: StudySpec
    objectives: Sequence[Objective]
    store: Store
    observer: Observer
    record: StudyRecord = field(init=False)
    table: QuantityTable = field(init=False)
    front: FrontRecord | None = None
    device: str | None = None
    _members: dict[int, FrontMember] = field(default_factory=dict)
    _newer: list[int] = field(default_factory=list)
    _saved: bool = False
    _answers: FrontRecord | None = None
    _within: dict[tuple[Requirement, ...], FrontRecord] = field(default_factory=dict)
    _within_of: tuple[StudyRecord, QuantityTable] | None = None

    def __post_init__(self) -> None:
        self.record = self.store.study(self.spec.study)
        quantities = asked_quantities(self.objectives, self.spec.requirements)
        self.table = self.store.table(self.spec.study, quantities)

    def read(self, numbers: Sequence[int]) -> None:
        """Read the rows of finished trials, of which the table may have older ones."""
        own = self.store.table(self.spec.study, self.table.quantities, numbers)
        if np.isin(own.trials, self.table.trials).any():
            self._members, self._newer = {}, []  # a member that got worse may let others in
        self._newer += own.trials.tolist()
        self.table = self.table.joined(own)

    def values(self, number: int) -> dict[str, float]:
        """Return all quantities of a finished trial by name."""
        return named_values(self.table, self.table.row(number))

    def objective_values(self, number: int) -> list[float] | None:
        """Return what a finished trial is worth to a sampler: a value per objective, or None for a bad trial.

        It is bad if it lacks an objective, because it never reached an accuracy: no value has to be invented.
        So it is where every seed collapsed: a network that answers one class in little time is no good
        trial, although no other may beat it.
        """
        means = self.values(number)
        names = [objective.quantity for objective in self.objectives]
        if self.table.all_collapsed[self.table.row(number)] or not all(name in means for name in names):
            return None
        return [means[name] for name in names]

    def device_of(self, requirements: Sequence[Requirement] = ()) -> str | None:
        """Return the latest device if an objective or a bound does not compare across devices, else None."""
        compared = with_bounded(self.objectives, requirements)
        return latest_device(self.table) if any(one.device_bound for one in compared) else None

    def has_measured(self, requirements: Sequence[Requirement]) -> bool:
        """Return whether finished trials have every quantity that a bound is on."""
        columns = (self.table.column(bound.objective.quantity) for bound in requirements)
        return not any(np.isnan(column).all() for column in columns)

    def within(self, requirements: Sequence[Requirement]) -> FrontRecord:
        """Return the front of the finished trials that keep all `requirements` and did not collapse.

        It is of the latest device where an objective or a bound does not compare across devices. A bound that
        is new, and of which no trial has measured anything, is kept by none.
        """
        if (
            self._within_of is None
            or self._within_of[0] is not self.record
            or self._within_of[1] is not self.table
        ):
            self._within, self._within_of = {}, (self.record, self.table)
        if (found := self._within.get(tuple(requirements))) is None:
            table, device = self.table, self.device_of(requirements)
            if not self.has_measured(requirements):
                table, device = table.only(np.zeros(len(table), dtype=np.bool_)), None
            asked = self.objectives, requirements, device
            found = ranked_front(self.record, table, *asked, answers=True)
            self._within[tuple(requirements)] = found
        return found

    def update(self, change: int | None = None, told: Collection[int] = ()) -> bool:
        """Rank all trials, store the front, and show it if it has changed; return whether it was stored.

        It is not if other trials have finished after `change`, up to which the table was read. The trials
        `told` to Optuna are given up in any case.
        """
        self._fix_corners()
        device = self._latest_device()
        known = self._members if self.front is not None and device == self.front.device else {}
        among = [*known, *self._newer] if known else None
        ranked = self.record, self.table, self.objectives
        front = ranked_front(*ranked, device=device, known=known, among=among)
        self._members, self._newer = {member.trial: member for member in front}, []
        changed = front != self.front
        saved = self.store.save_front(front, self.table, change, told, values=changed or not self._saved)
        if self.spec.requirements and (answers := self.within(self.spec.requirements)) != self._answers:
            self._answers = answers
            self.observer.answers_changed(answers)
        if changed:
            self.front = front
            self.observer.front_changed(front)
        self._saved = saved != "stale"
        if self._saved:
            self._drop_weights(front, change)
        return self._saved

    def _fix_corners(self) -> None:
        """Store the study's reference and ideal point, once, when its first trials are finished."""
        if None not in (self.record.reference_point, self.record.ideal_point):
            return
        if corners := fixed_corners(self.table, self.objectives):
            reference, ideal = self.store.fix_corners(self.spec.study, *corners)
            self.record = replace(self.record, reference_point=reference, ideal_point=ideal)

    def _latest_device(self) -> str | None:
        """Return the device of the last trial if an objective does not compare across devices, else None."""
        if (device := self.device_of()) is None:
            return None
        if device != self.device is not None:
            self.observer.notice(
                f"trials are now measured on {device}, before on {self.device}: the front has only the former"
                " (`paretocaps front --measured-on` shows either, --scale-to both)"
            )
        self.device = device
        return device

    def _drop_weights(self, front: FrontRecord, change: int | None) -> None:
        """Delete the weights, and the checkpoints, of trials on no device's front and in no ensemble.

        A front is that of all trials, and that of those within the study's bounds, which others may beat.
        Weights of trials that have changed after `change` stay, and checkpoints of those that were stopped.
        """
        several = self.device_of() is not None and len(front.devices) > 1
        best = front_trials(self.table, self.objectives) if several else self._members
        bounded = self.table.only(keeping(self.table, self.spec.requirements) & ~self.table.all_collapsed)
        answers = front_trials(bounded, self.objectives, self.spec.requirements)
        kept = {*best, *answers, *ensemble_trials(self.table, self.spec.ensembles)}
        for gone in self.store.weights_unused(self.spec.study, kept, change):
            with suppress(OSError):  # a disk that is read-only keeps them until it can be written
                gone.path.unlink(missing_ok=True)
                if not gone.stopped:
                    RunFolder(gone.path.parent).forget_checkpoints()
                self.store.forget_weights(gone.key)
