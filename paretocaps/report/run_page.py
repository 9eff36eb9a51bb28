"""The page of one training, or of several beside each other, which needs no connection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.measured_estimate import estimate_of
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.objective import OBJECTIVES, TEST_ACC, Objective
from paretocaps.report.html import write_page
from paretocaps.report.line_styles import line_styles
from paretocaps.report.losses_figure import losses_figure
from paretocaps.report.plans_figure import plans_figure
from paretocaps.report.policies import PolicyCurve
from paretocaps.report.recommended import Card
from paretocaps.report.sentences import beside
from paretocaps.report.series import reconstructs
from paretocaps.report.study_facts import versions
from paretocaps.report.tables import Table, choice_text, choices_text, estimate_text, shared_choices
from paretocaps.report.training_figures import epochs_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_CARDS = ("acc", "test_acc", "time", "params")
_VALUES = (*_CARDS, "cpu_time", "wall", "macs", "memory", "best_epoch")
_COMPARED = ("acc", "time", "params")


@dataclass(frozen=True)
class Run:
    """One training as its page shows it.

    Attributes:
        name: the name of its folder.
        choices: its choices.
        measurement: its values, with its epochs.
        facts: what it was trained on, and how, by name.
        plan: its learning rates by epoch; None without epochs.
        command: the command that makes it again.
    """

    name: str
    choices: Mapping[str, Any]
    measurement: Measurement
    facts: Mapping[str, str] = field(default_factory=dict)
    plan: PolicyCurve | None = None
    command: str = ""


def write_runs(path: str | Path, runs: Sequence[Run], *, standalone: bool = True) -> Path:
    """Write trainings as one HTML page: values, curves, plans, and where they differ; return its path.

    Args:
        path: the page; overwritten (see `write_page`).
        runs: one training, or several that are shown beside each other.
        standalone: whether plotly.js is in the page.

    Raises:
        UsageError: the page cannot be written there.
    """
    members = [_member(number, run) for number, run in enumerate(runs)]
    shared = shared_choices(members)
    return write_page(
        path,
        "runs",
        f"{' and '.join(run.name for run in runs)}: training",
        standalone=standalone,
        runs=[(run, _cards(run), line_styles(_numbers(runs))[number]) for number, run in enumerate(runs)],
        sentences=_sentences(runs, members),
        figures=_figures(runs),
        values=_values(runs),
        differing=_differing(runs, shared),
        shared=choices_text(shared, list(shared)),
        versions=versions(),
    )


def _numbers(runs: Sequence[Run]) -> dict[int, str]:
    return dict.fromkeys(range(len(runs)), "")


def _member(number: int, run: Run) -> FrontMember:
    values = {name: run.measurement.quantity(name) for name in _COMPARED}
    return FrontMember(number, run.choices, {n: v for n, v in values.items() if v is not None}, run.name)


def _objective(name: str) -> Objective:
    if name == TEST_ACC.name:
        return TEST_ACC
    known = name in OBJECTIVES
    return OBJECTIVES.get(name) if known else Objective(name, "minimize", "", name.replace("_", " "))


def _text(run: Run, name: str) -> str:
    return estimate_text(_objective(name), estimate_of([run.measurement], name))


def _cards(run: Run) -> list[Card]:
    shown = [name for name in _CARDS if run.measurement.quantity(name) is not None]
    return [Card(_objective(name).description, _text(run, name)) for name in shown]


def _sentences(runs: Sequence[Run], members: Sequence[FrontMember]) -> list[str]:
    """Return each further run beside the first one."""
    alike = _one_machine(runs)
    objectives = [_objective(name) for name in _COMPARED if alike or name != "time"]
    apart = "They ran on several devices, or versions of torch: times do not compare"
    return [apart] * (not alike) + [
        f"{run.name} beside {runs[0].name}: {beside(member, members[0], objectives)}"
        for run, member in zip(runs[1:], members[1:], strict=True)
    ]


def _one_machine(runs: Sequence[Run]) -> bool:
    """Return whether the seconds of all runs compare."""
    return len({run.measurement.device.machine for run in runs}) == 1


def _figures(runs: Sequence[Run]) -> "dict[str, Figure]":
    curves = {n: run.measurement.epochs for n, run in enumerate(runs) if run.measurement.epochs}
    if not curves:
        return {}
    styles, labels = line_styles(_numbers(runs)), {n: run.name for n, run in enumerate(runs)}
    decoding = {n for n, run in enumerate(runs) if reconstructs(run.choices)}
    drawn = {"accuracy": epochs_figure(curves, labels, styles)}
    if _one_machine(runs):
        drawn["accuracy-time"] = epochs_figure(curves, labels, styles, along="time")
    if any(record.train_loss is not None for records in curves.values() for record in records):
        drawn["losses"] = losses_figure(curves, labels, styles, decoding)
    plans = [replace(run.plan, trial=n, name=run.name) for n, run in enumerate(runs) if run.plan is not None]
    return drawn | plans_figure(plans, styles)


def _values(runs: Sequence[Run]) -> Table:
    shown = [name for name in _VALUES if any(run.measurement.quantity(name) is not None for run in runs)]
    rows = [(name, *(_text(run, name) for run in runs)) for name in shown]
    rows.append(("epochs", *(str(len(run.measurement.epochs)) for run in runs)))
    facts = dict.fromkeys(name for run in runs for name in run.facts)
    rows += [(name, *(run.facts.get(name, "-") for run in runs)) for name in facts]
    return Table(("quantity", *(run.name for run in runs)), (False, *[False] * len(runs)), tuple(rows))


def _differing(runs: Sequence[Run], shared: Mapping[str, Any]) -> Table | None:
    names = dict.fromkeys(name for run in runs for name in run.choices if name not in shared)
    rows = [(name, *(choice_text(run.choices.get(name)) for run in runs)) for name in names]
    if not rows or len(runs) < 2:
        return None
    return Table(("choice", *(run.name for run in runs)), (False, *[False] * len(runs)), tuple(rows))
