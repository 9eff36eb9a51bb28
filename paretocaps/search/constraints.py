"""By how much trials break the bounds of their study, as samplers are told."""

from collections.abc import Mapping
from dataclasses import dataclass

from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.ranking import named_values
from paretocaps.search.study_front import StudyFront


@dataclass(frozen=True)
class Constraints:
    """The stated bounds of a study as constraints of its sampler, for any trial.

    Args:
        standing: the finished trials.
        known: the states of the trials of all drivers.
    """

    standing: StudyFront
    known: KnownTrials

    def of(self, number: int) -> dict[str, float]:
        """Return by how much a trial breaks each bound, as a share of it, by the bound's text.

        A rejected trial breaks those that it was predicted to break, and one that was stopped early those
        that it broke by then. All samplers need the same bounds on all
        trials: one of which nothing is known breaks none. It is 0 or less where a bound is kept.
        """
        values, found = self._values(number), {}
        for bound in self.standing.spec.stated:
            value = None if values is None else values.get(bound.objective.quantity)
            whole = self.known.states.get(number) not in ("rejected", "stopped")
            unknown = values is None or (value is None and not whole)
            found[str(bound)] = 0.0 if unknown else bound.excess(value)
        return found

    def _values(self, number: int) -> Mapping[str, float] | None:
        """Return the measured values of a trial, or those that were predicted; None where there are none."""
        table, store, study = self.standing.table, self.standing.store, self.standing.spec.study
        state = self.known.states.get(number)
        if state == "rejected":
            return store.predicted(study, number)
        if number not in table.trials and state in ("running", "finished"):  # another driver's, just finished
            table = store.table(study, table.quantities, [number])
        elif state == "stopped":
            table = store.table(study, table.quantities, [number], stopped=True)
        return named_values(table, table.row(number)) if number in table.trials else None
