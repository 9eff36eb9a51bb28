"""Figures that a paper prints, kept with a study to be shown beside what is measured."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

_OWN_KEYS = ("name", "choices", "note")


class PublishedRow(BaseModel):
    """One line of a paper's results.

    In a study file all keys but `choices` and `note` are figures: `acc = 0.9945`, `best_epoch = 8`.

    Attributes:
        name: of the design it is about, or where `choices` are given, any.
        figures: what is printed, by name, in SI units and shares of 1; nothing is worked out from it.
        choices: the trials it is about have these choices; None where its name is that of a design.
        note: what else the paper says of it.
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
        """Return whether the row is about a trial of `design` with these choices."""
        if self.choices is None:
            return self.name == design
        return all(key in choices and choices[key] == value for key, value in self.choices.items())


class Published(BaseModel):
    """What a paper prints about a study's trials.

    Attributes:
        source: which paper and table, and how its figures came about.
        device: what they were measured on.
        rows: in the paper's order; in a study file tables, by their names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    device: str = "not stated"
    rows: tuple[PublishedRow, ...] = ()

    @field_validator("rows", mode="before")
    @classmethod
    def _name(cls, value: Any) -> Any:
        """Rows by name become rows with a name: what is stored does not keep the order of names."""
        if not isinstance(value, Mapping):
            return value
        return [{**row, "name": name} if isinstance(row, Mapping) else row for name, row in value.items()]

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of all figures, in the order in which rows have them."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.figures))
