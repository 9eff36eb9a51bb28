"""Rejects choices that are not worth a training, before it: what they cannot become is known without it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paretocaps.domain.forecast import Forecast
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.domain.requirement import Requirement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import Forecaster
from paretocaps.errors import UsageError
from paretocaps.search.proposals import MOST_REJECTED

_ABOUT = 0.1
"""By which share an estimated quantity may be off."""


@dataclass(frozen=True)
class Verdict:
    """Why choices are not trained, and the quantities that they would have at best, by name."""

    reason: str
    predicted: Mapping[str, float]


@dataclass
class Rejection:
    """Tells which choices of a study are not trained.

    Args:
        spec: the study, with the bounds that were stated.
        forecaster: what its trainer tells of choices; None if it tells nothing.
    """

    spec: StudySpec
    forecaster: Forecaster | None
    _bounds: tuple[tuple[Requirement, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        self._bounds = tuple((bound, OBJECTIVES.get(bound.name).quantity) for bound in self.spec.stated)

    def verdict(self, choices: Mapping[str, Any]) -> Verdict | None:
        """Return why `choices` are not trained; None if they are."""
        told = self._told(choices)
        if told is None:
            return None
        predicted = {**told.estimated, **told.exact}
        reason = next(self._broken(told), "")
        return Verdict(reason, predicted) if reason else None

    def _told(self, choices: Mapping[str, Any]) -> Forecast | None:
        try:
            return None if self.forecaster is None else self.forecaster(choices)
        except UsageError:  # the training says it better
            return None

    def _broken(self, told: Forecast) -> Iterator[str]:
        """Yield a sentence for each bound that is broken even by the most optimistic value."""
        for bound, quantity in self._bounds:
            if quantity in told.exact and not bound.kept_by(told.exact[quantity]):
                yield f"{quantity} is {told.exact[quantity]:g}, which breaks the bound {bound}"
            elif quantity in told.estimated:
                value = told.estimated[quantity]
                if not any(bound.kept_by(value * (1 + off)) for off in (-_ABOUT, _ABOUT)):
                    yield f"{quantity} is about {value:.3g}, which breaks the bound {bound}"


def all_rejected(reason: str) -> str:
    """Return the line on a run that ends because everything that is proposed is rejected."""
    return (
        f"{MOST_REJECTED} proposals in a row were rejected before they were trained, the last one because"
        f" {reason}: there is nothing more to train; give wider bounds (--require), or --no-reject"
    )
