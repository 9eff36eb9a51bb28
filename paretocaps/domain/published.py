"""Figures that a paper prints, which are kept with a study and shown next to the measured values."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from paretocaps.domain.front_record import FrontMember

BatchSize = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
_OWN_KEYS = ("name", "choices", "note", "baselines", "against")


class PublishedRow(BaseModel):
    """One line of a paper's results.

    In a study file all other keys than the attributes below are figures: `acc = 0.9945`, `best_epoch = 8`.

    Attributes:
        name: the name of the design that the row describes; any name if `choices` are given.
        figures: the printed values by name, in SI units and as shares of 1.
        choices: the choices of the trials that the row describes; None if `name` is a design's.
        note: a remark on the row.
        baselines: the rows of designs whose best accuracy the row's trials are to reach; the figure
            `epochs_to_baseline` is what the paper prints about it.
        against: the row whose seconds the row's are compared with; empty for none.
        trials: the numbers of the trials that were trained as the row says, where a stored study was searched
            for them; None where they are told by design and choices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    figures: dict[str, float]
    choices: dict[str, Any] | None = None
    note: str = ""
    baselines: tuple[str, ...] = ()
    against: str = ""
    trials: tuple[int, ...] | None = Field(None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or "figures" in values:
            return values
        figures = {name: value for name, value in values.items() if name not in _OWN_KEYS}
        return {"figures": figures} | {name: values[name] for name in _OWN_KEYS if name in values}

    @model_validator(mode="after")
    def _are_numbers(self) -> "PublishedRow":
        for name, value in self.figures.items():
            if not math.isfinite(value):
                raise ValueError(f"published figure {name}={value!r} is not a finite number: leave it out")
        if not (self.figures or self.baselines or self.against):
            raise ValueError("a published row has no figures: give at least one, such as acc = 0.99")
        return self

    def is_about(self, trial: FrontMember) -> bool:
        """Return whether the row describes a trial."""
        if self.trials is not None:
            return trial.trial in self.trials
        return self.name in trial.designs if self.choices is None else self.allows(trial.choices)

    def allows(self, choices: Mapping[str, Any]) -> bool:
        """Return whether `choices` have all of the row's choices."""
        return all(key in choices and choices[key] == value for key, value in (self.choices or {}).items())


class Published(BaseModel):
    """The figures that a paper prints about a study's trials.

    Attributes:
        source: the paper and the table, and how the figures were obtained.
        device: the device that they were measured on.
        rows: the rows in the paper's order; a study file has a table for each, by name.
        slopes: rows whose figures are growths per block: of `memory` in bytes, of `epoch_seconds` in seconds.
        batch_seconds: seconds per epoch by batch size, which `paretocaps bench` shows beside its own.
        best_on_test: whether the paper says that it chose the best epoch on test images.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    device: str = "not stated"
    rows: tuple[PublishedRow, ...] = ()
    slopes: tuple[PublishedRow, ...] = ()
    batch_seconds: dict[BatchSize, Seconds] = {}
    best_on_test: bool = False

    def values(self, names: Sequence[str]) -> list[list[float]]:
        """Return the figures called `names` of every row that has all of them, in the rows' order."""
        return [
            [row.figures[name] for name in names] for row in self.rows if set(names) <= row.figures.keys()
        ]

    @field_validator("rows", "slopes", mode="before")
    @classmethod
    def _name(cls, value: Any) -> Any:
        """Turn a table of rows by name into a list: the storage would not keep the order of a table."""
        if not isinstance(value, Mapping):
            return value
        return [{**row, "name": name} if isinstance(row, Mapping) else row for name, row in value.items()]

    @model_validator(mode="after")
    def _rows_are_known(self) -> "Published":
        rows = {row.name: row for row in self.rows}
        for row in self.rows:
            for other in filter(None, (*row.baselines, row.against)):
                if other not in rows:
                    raise ValueError(f"published row {row.name!r} names {other!r}, which is no row: add it")
            for baseline in row.baselines:
                if rows[baseline].choices is not None:
                    raise ValueError(
                        f"published row {row.name!r} has the baseline {baseline!r}, which is no design:"
                        " give a row without choices"
                    )
        return self

    @property
    def baselines(self) -> tuple[str, ...]:
        """The names of the designs that are a row's baseline, in the order of their first appearance."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.baselines))

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of all figures, in the order of their first appearance."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.figures))
