"""An ensemble of a study: trained networks whose scores are averaged, as a study file asks for it."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from paretocaps.domain.design_name import designs_in


class EnsembleSpec(BaseModel):
    """The networks of an ensemble: every seed of the trials of some designs, or with some choices.

    Attributes:
        designs: the trials' designs.
        choices: choices that the trials have; with `designs` too, both must hold.
        size: how many networks it has: those of the lowest seeds; None for all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    designs: tuple[str, ...] = ()
    choices: dict[str, Any] = {}
    size: Annotated[int, Field(ge=2)] | None = None

    @model_validator(mode="after")
    def _names_networks(self) -> Self:
        if not self.designs and not self.choices:
            raise ValueError("an ensemble has no networks: give designs or choices")
        return self

    def takes(self, design: str | None, choices: Mapping[str, Any]) -> bool:
        """Return whether the networks of a trial of `design` with these choices belong to it."""
        named = not self.designs or not set(self.designs).isdisjoint(designs_in(design) if design else ())
        return named and all(
            name in choices and choices[name] == value for name, value in self.choices.items()
        )
