"""What the page of a trial shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import OBJECTIVES, TEST_ACC, parse_objectives
from paretocaps.domain.study_spec import StudySpec
from paretocaps.report.beside_baseline import choices_beside
from paretocaps.report.tables import choice_text, estimate_text, flags_text, value_text
from paretocaps.search.views import trials_of
from paretocaps.storage.store import Store


@dataclass(frozen=True)
class Tile:
    """A value with its meaning."""

    name: str
    value: str


def read_trial(store: Store, study: str, number: int) -> dict[str, Any]:
    """Return what the page of a trial shows, by the names of its template's variables.

    Raises:
        StorageError: there is no such study or trial.
    """
    spec = StudySpec.model_validate(store.study(study).spec)
    trial = store.trial(study, number)
    objectives = parse_objectives(spec.objectives)
    early = trial.state == "stopped"
    found = trials_of(store, study, objectives, stopped=early, numbers=[number]).members
    member = found[0] if found else None
    own = [*objectives, *([TEST_ACC] if member and TEST_ACC.name in member.values else [])]
    tiles = [Tile(o.description, estimate_text(o, member.estimate(o.name))) for o in own] if member else []
    choices = {name: choice_text(value) for name, value in trial.choices.items() if value is not None}
    return {
        "trial": trial,
        "epochs": spec.epochs,
        "tiles": tiles,
        "choices": choices,
        "beside": choices_beside(trial.choices, Baseline.of(spec.trainer, spec.fix)),
        "measured": _measured(member, {o.name for o in own}) if member else {},
    }


def _measured(member: FrontMember, shown: "set[str]") -> Mapping[str, str]:
    """Return what was measured besides the objectives, and the flags."""
    found = {
        name: value_text(OBJECTIVES.get(name), value) if name in OBJECTIVES else f"{value:.6g}"
        for name, value in member.values.items()
        if name not in shown
    }
    flags = {"flags": flags_text(member)} if member.flags else {}
    return {**found, "seeds": str(member.seeds), **flags}
