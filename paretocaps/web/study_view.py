"""What the dashboard shows of a study besides Optuna's part of it, read from our tables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from paretocaps import service
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.objective import OBJECTIVES, Objective, parse_objectives
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.errors import UsageError
from paretocaps.report.figures import front_figures, placeholder
from paretocaps.report.front import Front
from paretocaps.report.hypervolume_text import hypervolume_text
from paretocaps.report.progress_figure import progress_figures
from paretocaps.report.sentences import trial_name
from paretocaps.report.training_figures import epochs_figure
from paretocaps.search.study_history import history_of
from paretocaps.search.views import trials_of
from paretocaps.storage.records import TrialRecord
from paretocaps.storage.store import Store

_LATER = ("best_epoch",)
"""The quantities that are shown besides those of every trial."""
_HEIGHT = 450
"""The pixels that the dashboard gives a figure; it crops taller ones."""
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_.:-]")


@dataclass(frozen=True)
class StudyView:
    """A study as the dashboard shows it.

    Attributes:
        objectives: the study's objectives.
        front: its front; without members where `refused` says why there is none.
        refused: why its trials cannot be ranked as they are, as a sentence; empty if they can.
        records: its trials by number, without their attempts.
        trials: the values of its finished trials, by number.
        devices: the names of the devices of its finished trials, by number.
        curves: the accuracy after each epoch, by trial and epoch, of its first seed.
        weights: the files with weights that were kept of the front's members, by number.
        figures: plotly figures as JSON by identifier, in the order in which they are shown.
        storage: the database, for commands; empty for the default.
    """

    objectives: tuple[Objective, ...]
    front: FrontRecord
    refused: str
    records: Mapping[int, TrialRecord]
    trials: Mapping[int, FrontMember]
    devices: Mapping[int, str]
    curves: Mapping[int, Mapping[int, float]]
    weights: Mapping[int, Path]
    figures: Mapping[str, str]
    storage: str = ""

    @property
    def runs(self) -> bool:
        """Whether a trial is in training, so that its curve grows."""
        return any(record.state == "running" for record in self.records.values())

    @cached_property
    def members(self) -> frozenset[int]:
        """The numbers of the members of the front."""
        return frozenset(member.trial for member in self.front)

    @cached_property
    def knee(self) -> FrontMember | None:
        """The knee of the front, or None where that has no member."""
        return Front.from_record(self.front).knee() if self.front.members else None


def read_view(storage: str, study: str, *, all: bool = False) -> StudyView:
    """Read what is shown of a study; with `all`, its front is that without bounds.

    Raises:
        StorageError: there is no such database or study.
    """
    front, refused = _front(storage, study, all)
    with Store.open(storage, create=False) as store:
        spec = StudySpec.model_validate(store.study(study).spec)
        records = {record.number: record for record in store.trials(study, attempts=False)}
        trials = {member.trial: member for member in trials_of(store, study).members}
        table = store.table(study, _LATER)
        rows = list(enumerate(map(int, table.trials)))
        best = {trial: table.column("best_epoch")[row] for row, trial in rows}
        trials = {trial: _with(member, best[trial]) for trial, member in trials.items()}
        curves = store.accuracies(study, spec.seed)
        history = (
            [] if refused else history_of(store, study, front.objectives, requirements=() if all else None)
        )
        members = [member.trial for member in front]
        weights, own = _kept_weights(store, study, members), store.curves(study, spec.seed, members)
    figures = {} if refused else _figures(front, list(trials.values()), own)
    if len(history) > 1:
        figures["progress"] = progress_figures(history)["progress"]
    devices = {trial: str(table.devices[row]) for row, trial in rows}
    drawn = {_NOT_IN_AN_ID.sub("_", name): _in_a_card(figure) for name, figure in figures.items()}
    where = "" if storage == DEFAULT_STORAGE else storage
    return StudyView(
        front.objectives, front, refused, records, trials, devices, curves, weights, drawn, where
    )


def _front(storage: str, study: str, all: bool) -> tuple[FrontRecord, str]:
    """Return the front and why there is none, which is that it needs a user's word."""
    try:
        return service.load_front(study, storage, all=all), ""
    except UsageError as error:
        with Store.open(storage, create=False) as store:
            names = store.study(study).spec["objectives"]
        return FrontRecord(study, parse_objectives(names), None, 0.0, ()), str(error)


def _with(member: FrontMember, best_epoch: float) -> FrontMember:
    return replace(member, values={**member.values, "best_epoch": float(best_epoch)})


def _kept_weights(store: Store, study: str, members: Sequence[int]) -> dict[int, Path]:
    """Return the weights of trials of which a seed kept them, here."""
    kept = store.weights_kept(study)
    return {one.key.trial: one.path for one in kept if one.key.trial in members and one.path.is_file()}


def _figures(
    front: FrontRecord, trials: Sequence[FrontMember], curves: Mapping[int, Sequence[EpochRecord]]
) -> dict[str, Any]:
    """Return the figures of a front; the first one says which member is the knee, and the hypervolume."""
    figures: dict[str, Any] = dict(front_figures(front, trials)) or {"front": placeholder("No trial yet")}
    if front.members:
        first = next(iter(figures.values()))
        knee = trial_name(Front.from_record(front).knee())
        said = ", ".join(filter(None, [f"knee: {knee}", hypervolume_text(front)]))
        first.update_layout(title_text=f"{first.layout.title.text}<br><sup>{said}</sup>")
    if curves:
        figures["epochs"] = epochs_figure(curves, {member.trial: trial_name(member) for member in front})
    return figures


def _in_a_card(figure: Any) -> str:
    """Return a figure as JSON, for a card that is half as wide as a page: its legend is below it."""
    solid = bool(figure.layout.scene.xaxis.title.text)
    below = {"y": 0.0 if solid else -0.2, "yanchor": "top"}
    margin = {"margin_t": 50, "margin_b": 60} if solid else {"margin_t": 75, "margin_b": 120}
    figure.update_layout(height=_HEIGHT, autosize=True, legend=below, **margin)
    for buttons in figure.layout.updatemenus:  # below the title, which they would cover in a narrow card
        buttons.update(yanchor="top" if solid else "bottom", pad={"t": 4, "b": 4})
    return str(figure.to_json())


def unit_name(name: str) -> str:
    """Return the name of a quantity with its unit, if it has one: "time (s)"."""
    unit = OBJECTIVES.get(name).unit if name in OBJECTIVES else ""
    return f"{name} ({unit})" if unit else name
