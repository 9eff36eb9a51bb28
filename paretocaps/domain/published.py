"""Figures that a paper prints, which are kept with a study and shown next to the measured values."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

_OWN_KEYS = ("name", "choices", "note")


class PublishedRow(BaseModel):
    """One line of a paper's results.

    In a study file all keys but `choices` and `note` are figures: `acc = 0.9945`, `best_epoch = 8`.

    Attributes:
        name: the name of the design that the row describes; any name if `choices` are given.
        figures: the printed values by name, in SI units and as shares of 1; nothing is computed from them.
        choices: the choices of the trials that the row describes; None if `name` is a design's.
        note: a remark on the row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    figures: dict[str, float]
    choices: dict[str, Any] | None = None
    note: str = ""

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
        if not self.figures:
            raise ValueError("a published row has no figures: give at least one, such as acc = 0.99")
        return self

    def is_about(self, design: str | None, choices: Mapping[str, Any]) -> bool:
        """Return whether the row describes a trial of `design` with these choices."""
        if self.choices is None:
            return self.name == design
        return all(key in choices and choices[key] == value for key, value in self.choices.items())


class Published(BaseModel):
    """The figures that a paper prints about a study's trials.

    Attributes:
        source: the paper and the table, and how the figures were obtained.
        device: the device that they were measured on.
        rows: the rows in the paper's order; a study file has a table for each, by name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    device: str = "not stated"
    rows: tuple[PublishedRow, ...] = ()

    @field_validator("rows", mode="before")
    @classmethod
    def _name(cls, value: Any) -> Any:
        """Turn a table of rows by name into a list: the storage would not keep the order of a table."""
        if not isinstance(value, Mapping):
            return value
        return [{**row, "name": name} if isinstance(row, Mapping) else row for name, row in value.items()]

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of all figures, in the order of their first appearance."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.figures))
