"""Figures that a paper prints, kept with a study to be shown beside what is measured."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

OWN_KEYS = ("choices", "figures", "note")


class PublishedRow(BaseModel):
    """One line of a paper's results.

    In a study file all keys but `choices` and `note` are figures: `acc = 0.9945`, `best_epoch = 8`.

    Attributes:
        figures: what is printed, by name, in SI units and shares of 1; nothing is worked out from it.
        choices: the trials it is about have these choices; None where its name is that of a design.
        note: what else the paper says of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    figures: dict[str, float]
    choices: dict[str, Any] | None = None
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or "figures" in values:
            return values
        figures = {name: value for name, value in values.items() if name not in OWN_KEYS}
        return {"figures": figures} | {name: values[name] for name in OWN_KEYS if name in values}

    @model_validator(mode="after")
    def _are_numbers(self) -> "PublishedRow":
        for name, value in self.figures.items():
            if not math.isfinite(value):
                raise ValueError(f"published figure {name}={value!r} is not a finite number: leave it out")
        if not self.figures:
            raise ValueError("a published row has no figures: give at least one, such as acc = 0.99")
        return self

    def is_about(self, name: str, design: str | None, choices: Mapping[str, Any]) -> bool:
        """Return whether the row called `name` is about a trial of `design` with these choices."""
        if self.choices is None:
            return name == design
        return all(key in choices and choices[key] == value for key, value in self.choices.items())


class Published(BaseModel):
    """What a paper prints about a study's trials.

    Attributes:
        source: which paper and table, and how its figures came about.
        device: what they were measured on.
        rows: by the name of a design, or any name where `choices` are given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    device: str = "not stated"
    rows: dict[str, PublishedRow] = {}

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of all figures, in the order in which rows have them."""
        return tuple(dict.fromkeys(name for row in self.rows.values() for name in row.figures))
