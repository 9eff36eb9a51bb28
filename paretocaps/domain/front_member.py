"""One trial of a front, with what was measured of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paretocaps.domain.design_name import designs_in
from paretocaps.domain.estimate import Estimate

_SHORT = ("acc", "time", "params", "test_acc")
"""The values that the text of a member has."""

LOADED = "loaded"
"""The flag of a trial with a training whose device was disturbed by anything else."""


@dataclass(frozen=True, repr=False)
class FrontMember:
    """One trial of a front.

    `values` contains the trial's measured quantities by objective name (means over its seeds, in SI units),
    and `seeds` is the number of trainings in the mean. `flags` name reasons to doubt its times: "shared" if
    other jobs of the study ran on the device at the same time, "loaded" if anything else disturbed it, and
    "partial" if they lack passes of a frozen trunk, which those of other trials include, "retuned" if its
    steps were computed by another tuning than the study keeps for the device, and "mixed" if they are means
    over several devices or versions of torch. Its trainings are no better than one class alone if
    the flag is "collapsed", and some of them if it is "partly collapsed".
    `estimates` has the value, standard deviation and 95 % interval of each quantity by objective name, also
    where only some of the seeds have a value. `level` has, by objective name, the other members that a paired
    test does not tell from it at 5 %; an objective in which it could be compared with none is left out.
    `probability` is the probability that no other trial dominates it, by a bootstrap over the seeds and the
    validation images; None where no member of the front has two seeds.
    """

    trial: int
    choices: Mapping[str, Any]
    values: Mapping[str, float]
    design: str | None = None
    seeds: int = 1
    flags: tuple[str, ...] = ()
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    level: Mapping[str, tuple[int, ...]] = field(default_factory=dict, compare=False)
    probability: float | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        design = f" ({self.design})" if self.design else ""
        values = ", ".join(f"{name} {value:.4g}" for name, value in self.values.items() if name in _SHORT)
        return f"<trial {self.trial}{design}: {values}>"

    @property
    def loaded(self) -> bool:
        """Whether anything else disturbed the device of any of its trainings; pictures show it hollow."""
        return LOADED in self.flags

    @property
    def designs(self) -> tuple[str, ...]:
        """The names of the designs that it is, without what was fixed besides; empty for none."""
        return designs_in(self.design) if self.design else ()

    def estimate(self, name: str) -> Estimate:
        """Return a quantity's estimate; of a member without `estimates`, its value without an interval."""
        return self.estimates.get(name) or Estimate(self.values.get(name), self.seeds)

    @property
    def flat_values(self) -> dict[str, float | None]:
        """The values with standard deviations and intervals: acc, acc_sd, acc_low, acc_high, time, ...

        Where not every seed has a quantity, its value is None, and acc_n is the number of seeds that have it.
        """
        found: dict[str, float | None] = {}
        for name in dict.fromkeys([*self.values, *self.estimates]):
            estimate = self.estimate(name)
            found |= estimate.columns(name) | ({} if name in self.values else {f"{name}_n": estimate.n})
        return found | dict(self.values)

    def as_dict(self) -> dict[str, Any]:
        """Return the member as it appears in the command line's JSON; `n` is the number of its seeds."""
        own = {"trial": self.trial, "design": self.design, "seeds": self.seeds, "flags": list(self.flags)}
        level = {name: list(trials) for name, trials in self.level.items()}
        sure = {} if self.probability is None else {"probability": self.probability}
        return (
            own | {"n": self.seeds, "level": level, "choices": dict(self.choices)} | sure | self.flat_values
        )
