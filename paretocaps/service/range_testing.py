"""Tests a range of learning rates, to find the bounds of a schedule as the papers did."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paretocaps.domain.job import DataSpec
from paretocaps.domain.layout import Layout, Parts
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.errors import UsageError
from paretocaps.schedules.range_test import RangePoint, Suggestion, rising_rates, suggest
from paretocaps.service.preview import read_choices

FEWEST_STEPS, MOST_STEPS = 100, 300
"""The bounds of the default number of steps, which is one epoch."""

BELOW, ABOVE, HIGHEST = 3.0, 10.0, 0.1
"""How far the rates to search reach below and above a suggested `lr_max`, and how high at most."""

NO_PART = {"lr_policy", "lr_min", "lr_max", "lr_floor", "cycle", "decay_rate", "decay_every", "patience"}
"""The choices that have no part in a range test."""


@dataclass(frozen=True)
class RangeOptions:
    """The options of `paretocaps lr-range`.

    Attributes:
        settings, design: the choices, in the form that `describe` reads.
        dataset, data, limit_train, corrupt, channels, parts, classes_are_folders, transpose, pairs: the
            images, in the form that `optimize` reads.
        lr_low, lr_high: the first and the last learning rate.
        steps: number of optimiser steps; None for one epoch, but at least 100 and at most 300.
        device: "auto", "cpu", "cuda" or "cuda:N".
        seed: the seed of the initialisation and of the order of the images.
    """

    settings: Sequence[str] = ()
    design: str | None = None
    dataset: str | None = None
    data: str | None = None
    limit_train: int | None = None
    corrupt: str | None = None
    channels: int | None = None
    parts: Parts | str | None = None
    classes_are_folders: bool | None = None
    transpose: bool | None = None
    pairs: bool | None = None
    lr_low: float = 1e-6
    lr_high: float = 1.0
    steps: int | None = None
    device: str = "auto"
    seed: int = 0


@dataclass(frozen=True)
class RangeView:
    """A finished range test.

    Attributes:
        choices: the canonical choices that were trained.
        data: the images, in words.
        batch_size: images per forward pass.
        steps: number of planned steps; the test ends earlier if the loss rises.
        points: the learning rate and the loss of each step that was taken.
        suggestion: the bounds that the losses suggest.
        remarks: sentences on what limits the suggestion.
    """

    choices: Mapping[str, Any]
    data: str
    batch_size: int
    steps: int
    points: tuple[RangePoint, ...]
    suggestion: Suggestion
    remarks: tuple[str, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row per step: step, learning_rate, loss, smoothed."""
        return [asdict(point) for point in self.points]

    def as_dict(self) -> dict[str, Any]:
        """Return the test as in the JSON of the command line."""
        own = {"batch_size": self.batch_size, "steps": self.steps, "remarks": list(self.remarks)}
        return asdict(self.suggestion) | {"space": self.space} | own | {"points": self.rows}

    @property
    def space(self) -> dict[str, Any] | None:
        """The `[space]` of a study file with the rates around the suggested one; None without one."""
        if self.suggestion.lr_max is None:
            return None
        low, high = rates_around(self.suggestion.lr_max)
        return {"lr_max": {"low": low, "high": high, "log": True}}


def rates_around(suggested: float) -> tuple[float, float]:
    """Return the rates to search around a suggested `lr_max`, to two figures.

    They reach from a third of it to ten times it, which is the rate of the lowest loss. Around the papers'
    1e-3 they are about those of the space `training`.
    """
    rates = min(suggested, HIGHEST) / BELOW, min(ABOVE * suggested, HIGHEST)
    low, high = (float(f"{rate:.2g}") for rate in rates)
    return low, high


def lr_range(
    options: RangeOptions,
    talk: Callable[[str], None] = unheard,
    on_progress: OnProgress = unheard,
) -> RangeView:
    """Train a new network while its learning rate rises, and return the bounds that the losses suggest.

    Args:
        options: what to train, and which rates.
        talk: is called with lines on the images before the training begins.
        on_progress: receives how many images are read, and how many steps are taken.

    Raises:
        UsageError: a choice, a learning rate, the data or the device is not allowed.
    """
    from paretocaps.data.tensor_splits import load
    from paretocaps.execution.devices import devices
    from paretocaps.schedules.plan import build_plan
    from paretocaps.training.range_sweep import sweep

    _check(options)
    choices, canonical = read_choices(options.settings, options.design, "capsnet")
    data = _data(options)
    splits = load(data, on_progress)
    for line in splits.told:
        talk(line)
    plan = build_plan(choices, len(splits.train), 1)
    steps = options.steps or min(max(plan.total_steps, FEWEST_STEPS), MOST_STEPS)
    rates = rising_rates(options.lr_low, options.lr_high, steps)
    device = devices(options.device)[0]
    points = tuple(sweep(choices, data, plan.batch_size(1), rates, device, options.seed, on_progress))
    suggestion = suggest(points)
    remarks = tuple(_remarks(points, suggestion, steps))
    return RangeView(canonical, str(data), plan.batch_size(1), steps, points, suggestion, remarks)


def write_range_page(view: RangeView, output: str) -> Path:
    """Write a test's losses as one HTML page and return its path.

    Raises:
        UsageError: the page cannot be written there.
    """
    from paretocaps.domain.choices import Choices
    from paretocaps.report.lr_range_figure import lr_range_figure
    from paretocaps.report.page import write_figures
    from paretocaps.report.tables import choices_text

    usual = Choices().active()
    names = [name for name in view.choices if name not in NO_PART and view.choices[name] != usual.get(name)]
    chosen = choices_text(view.choices, names) or "baseline"
    figure = lr_range_figure(view.points, view.suggestion)
    return write_figures(output, f"Learning-rate range test: {chosen}, {view.data}", [figure])


def _remarks(points: Sequence[RangePoint], found: Suggestion, steps: int) -> list[str]:
    if found.lowest is None:
        return ["the loss never fell: start from a lower --lr-low"]
    if len(points) < steps:
        return [
            f"ended after {len(points)} of {steps} steps, at {points[-1].learning_rate:.3g}: the loss rose"
        ]
    if found.lowest >= 0.5 * points[-1].learning_rate:
        return ["the loss was still falling at the end: raise --lr-high"]
    return []


def _data(options: RangeOptions) -> DataSpec:
    from paretocaps.domain.study_file import resolve_spec
    from paretocaps.domain.study_spec import StudySpec

    asked = ("dataset", "data", "limit_train", "corrupt", "channels", "pairs", *Layout.model_fields)
    given = {name: getattr(options, name) for name in asked}
    spec: StudySpec = resolve_spec({**given, "limit_validation": "all"})
    return spec.data_spec


def _check(options: RangeOptions) -> None:
    low, high = options.lr_low, options.lr_high
    for name, rate in (("lr_low", low), ("lr_high", high)):
        if not (math.isfinite(rate) and rate > 0):
            raise UsageError(f"{name}={rate:g} is no learning rate: give a number above 0")
    if not 0 <= options.seed < 2**31:
        raise UsageError(f"seed={options.seed} is not allowed: give 0 to 2147483647")
    if low >= high:
        raise UsageError(f"lr_low={low:g} is not below lr_high={high:g}: the rate has to rise")
    if options.steps is not None and options.steps < 10:
        raise UsageError(f"steps={options.steps} is too few: give 10 or more")
    for name in sorted({s.partition("=")[0].strip() for s in options.settings} & NO_PART):
        raise UsageError(f"{name} has no effect on a range test: leave it out")
