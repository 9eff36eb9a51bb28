"""The answer to the dashboard's question for a study, in the form of optuna-dashboard 0.20 and later.

Its own answer is quadratic in the number of trials, and has neither our bounds nor what our tables add.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from json import dumps
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from paretocaps.domain.front_record import FrontMember
from paretocaps.search.trial_cache import trial_key
from paretocaps.web.attachments import attachments
from paretocaps.web.notes import study_note, trial_note, with_ours
from paretocaps.web.person_notes import PersonNotes
from paretocaps.web.study_view import StudyView, unit_name
from paretocaps.web.uploads import uploaded

_SHOWN = ("test_acc", "time", "wall", "params", "macs", "memory", "best_epoch")
"""The quantities that are attributes of trials, besides objectives."""


def study_detail(
    key: int,
    view: StudyView,
    trials: Sequence[FrozenTrial],
    attributes: Mapping[str, Any],
    report: str,
    after: int = 0,
) -> dict[str, Any]:
    """Return what the dashboard asks of a study, as JSON's types.

    Args:
        key: the study's number in Optuna's tables.
        view: what our tables have of it.
        trials: all its trials in Optuna's tables, by number.
        attributes: those that Optuna and the dashboard keep with the study.
        report: the address of its report.
        after: how many of the first trials the page has already.
    """
    notes = PersonNotes(attributes)
    asked = {one.number for one in trials[after:]} | view.members
    shown = {one.number: _trial(key, view, one, notes, report) for one in trials if one.number in asked}
    sampled = [one for one in trials if one.state != TrialState.FAIL]
    own = study_note(view, report)
    return {
        "name": view.front.study,
        "directions": [objective.direction for objective in view.objectives],
        "objective_names": [unit_name(objective.name) for objective in view.objectives],
        "user_attrs": _pairs(_facts(view)),
        "artifacts": uploaded(attributes),
        "trials": [shown[one.number] for one in trials[after:]],
        "best_trials": [shown[one.number] for one in trials if one.number in view.members],
        "intersection_search_space": _space(sampled, everywhere=True),
        "union_search_space": _space(sampled, everywhere=False),
        "union_user_attrs": _attribute_names(view),
        "has_intermediate_values": bool(view.curves),
        "note": {"version": notes.version(None), "body": with_ours(notes.body(None), own)},
        "is_preferential": False,
        "feedback_component_type": {"output_type": "note"},
        "plotly_graph_objects": [
            {"id": name, "graph_object": figure} for name, figure in view.figures.items()
        ],
    }


def _trial(
    study: int, view: StudyView, trial: FrozenTrial, notes: PersonNotes, report: str
) -> dict[str, Any]:
    key, number = trial_key(trial), trial.number
    body = with_ours(notes.body(key), trial_note(view, number, report))
    found: dict[str, Any] = {
        "trial_id": key,
        "study_id": study,
        "number": number,
        "state": trial.state.name.capitalize(),
        "params": [
            _parameter(name, value, trial.distributions[name]) for name, value in trial.params.items()
        ],
        "fixed_params": [],
        "user_attrs": _pairs(_attributes(view, number) | trial.user_attrs),
        "note": {"version": notes.version(key), "body": body},
        "artifacts": [*(one.described for one in attachments(view, number)), *uploaded(trial.system_attrs)],
        "constraints": _constraints(view, view.trials.get(number)),
        "intermediate_values": [
            {"step": epoch, "value": acc} for epoch, acc in view.curves.get(number, {}).items()
        ],
    }
    if (values := _values(view, trial)) is not None:
        found["values"] = values
    if trial.datetime_start is not None:
        found["datetime_start"] = trial.datetime_start.isoformat()
    if trial.datetime_complete is not None:
        found["datetime_complete"] = trial.datetime_complete.isoformat()
    return found


def _values(view: StudyView, trial: FrozenTrial) -> list[float] | None:
    """Return a trial's objectives: of a finished one the means over all its seeds, which Optuna may lack."""
    known = view.trials.get(trial.number)
    names = [objective.name for objective in view.objectives]
    if known is not None and trial.values is not None and all(name in known.values for name in names):
        return [known.values[name] for name in names]
    return None if trial.values is None else list(trial.values)


def _constraints(view: StudyView, trial: FrontMember | None) -> list[float]:
    """Return by how much a trial breaks each bound; one that the front sets apart breaks one more."""
    if trial is None:
        return []
    bounds = view.front.requirements
    broken = [bound.excess(trial.values.get(bound.name)) for bound in bounds]
    apart = not view.front.admits(trial) and all(excess <= 0 for excess in broken)
    return [*broken, 1.0] if apart else broken


def _attributes(view: StudyView, number: int) -> dict[str, Any]:
    """Return what is known of a trial besides its objectives and parameters, by name and unit."""
    record, trial = view.records.get(number), view.trials.get(number)
    found: dict[str, Any] = {}
    if record is not None and record.design:
        found["design"] = record.design
    if trial is None:
        return found
    objectives = {objective.name for objective in view.objectives}
    for name in _SHOWN:
        if name not in objectives and name in trial.values:
            value = trial.values[name]
            found[unit_name(name)] = value if isinstance(value, int) else float(f"{value:.6g}")
    found |= {"device": view.devices.get(number, ""), "seeds": trial.seeds}
    return found | ({"flags": ", ".join(trial.flags)} if trial.flags else {})


def _attribute_names(view: StudyView) -> list[dict[str, Any]]:
    """Return the names of all attributes, and whether trials can be sorted by them."""
    names: dict[str, bool] = {}
    for number in view.records:
        for name, value in _attributes(view, number).items():
            names.setdefault(name, isinstance(value, int | float))
    return [{"key": name, "sortable": sortable} for name, sortable in names.items()]


def _facts(view: StudyView) -> dict[str, Any]:
    """Return what is known of a study, for the table of its attributes."""
    front, knee = view.front, view.knee
    facts: dict[str, Any] = {o.name: f"{o.direction}: {o.description}" for o in view.objectives}
    facts |= {"bounds": front.within or "none"}
    if knee is not None:
        facts |= {"members of the front": len(front), "knee": knee.trial}
    if front.hypervolume_share is not None:
        facts["hypervolume, as a share of the ideal"] = round(front.hypervolume_share, 4)
    return facts


def _pairs(attributes: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"key": name, "value": value if isinstance(value, str) else dumps(value)}
        for name, value in attributes.items()
    ]


def _parameter(name: str, value: Any, distribution: BaseDistribution) -> dict[str, Any]:
    """Return a value without its type and distribution, which the page reads from the search space alone.

    Of 5,000 trials they are more than half of the answer.
    """
    return {
        "name": name,
        "param_internal_value": distribution.to_internal_repr(value),
        "param_external_value": str(value),
    }


def _space(trials: Iterable[FrozenTrial], *, everywhere: bool) -> list[dict[str, Any]]:
    """Return the distributions of all trials, or of those parameters that every trial has."""
    kinds = [dict(kind) for kind in {tuple(one.distributions.items()): None for one in trials}]
    union = {name: distribution for kind in kinds for name, distribution in kind.items()}
    names = [name for name in sorted(union) if not everywhere or all(name in kind for kind in kinds)]
    return [{"name": name, "distribution": _distribution(union[name])} for name in names]


@lru_cache(maxsize=1024)
def _distribution(distribution: BaseDistribution) -> dict[str, Any]:
    kind = type(distribution).__name__
    if isinstance(distribution, CategoricalDistribution):
        choices = [{"pytype": str(type(one)), "value": str(one)} for one in distribution.choices]
        return {"type": kind, "choices": choices}
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    names = ("low", "high", "step", "log")
    return {"type": kind} | {name: getattr(distribution, name) for name in names}
