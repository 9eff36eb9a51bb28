"""Decides which tunings a training uses: those that are kept for it, or others that are kept from then on."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.progress import OnTuned, unkept
from paretocaps.domain.tuning import Tuning, Tunings
from paretocaps.training.ranks import ALONE, Ranks

PAYS = 50
"""A study takes the defaults where its steps are predicted to take less than so many times the measuring."""


class Tunable(Protocol):
    """What a tuning is chosen for: a network on a device, with a number of images per pass.

    Attributes:
        key: its `tuning_key`.
        default: the tuning where none is measured.
        longest: the fewest seconds in which something can be measured.
    """

    key: str
    default: Tuning
    longest: float

    def known(self) -> Tuning | None:
        """Return the tuning that the user fixed, or that this machine measured before; None without one."""
        ...

    def refusal(self, tuning: Tuning) -> str:
        """Return why a tuning cannot be used here; empty if it can."""
        ...

    def step_seconds(self) -> float:
        """Return the seconds of a training step by `default`."""
        ...

    def measure(self, seconds: float) -> Tuning:
        """Return the fastest tuning, of those that can be measured in about so many seconds."""
        ...


class KeptTunings:
    """The tunings of one training, one per key: a kept one is never measured anew.

    Args:
        kept: the tunings that the study keeps for the device.
        tune: whether others may be measured; if not, they are the defaults.
        trainings: how many trainings the study shall have.
        steps: returns how many optimiser steps a training takes with a batch size.
        keep: receives a key and the tuning that was chosen for it, and returns the one that the study keeps.
        ranks: the processes that train together; the first one chooses.

    Attributes:
        used: the tunings that were used so far, by key.
        remarks: why a tuning that is kept was not used.
        retuned: whether steps were computed by another tuning than the kept one.
    """

    def __init__(
        self,
        kept: Tunings | None = None,
        *,
        tune: bool = False,
        trainings: int = 1,
        steps: Callable[[int], int] = lambda batch_size: 0,
        keep: Callable[[str, Tuning], Tuning] = unkept,
        ranks: Ranks = ALONE,
    ) -> None:
        self._kept, self._tune, self._trainings = dict(kept or {}), tune, trainings
        self._steps, self._keep, self._ranks = steps, keep, ranks
        self.used: dict[str, Tuning] = {}
        self._chosen_here: set[str] = set()  # what a checkpoint has used may be impossible here
        self.remarks: list[str] = []
        self.retuned = False

    @classmethod
    def of_job(
        cls,
        job: TrainingJob,
        machine: str,
        steps: Callable[[int], int],
        on_tuned: OnTuned = unkept,
        ranks: Ranks = ALONE,
    ) -> "KeptTunings":
        """Return the tunings of a job on a device (`Device.machine`)."""

        def keep(key: str, tuning: Tuning) -> Tuning:
            return on_tuned(machine, key, tuning)

        kept = job.tunings.get(machine, {})
        return cls(kept, tune=job.tune, trainings=job.trainings, steps=steps, keep=keep, ranks=ranks)

    @classmethod
    def always_measured(cls) -> "KeptTunings":
        """Return tunings that are measured wherever the machine does not know them, whatever that costs."""
        return cls(tune=True, steps=lambda batch_size: sys.maxsize)

    def choose(self, what: Tunable, batch_size: int) -> Tuning:
        """Return the tuning for the steps of a batch size, which may take `what.longest` seconds."""
        # every rank asks the first one, each time: ranks whose shares differ by an image have other keys
        found = self._ranks.from_first(
            lambda: self.used[what.key] if what.key in self._chosen_here else self._chosen(what, batch_size),
            Tuning,
        )
        self.used[what.key] = found
        self._chosen_here.add(what.key)
        return found

    def pruned(self) -> None:
        """Note that the network has a size from here on that other trainings of the study hardly have."""
        self._trainings = 1

    def state(self, machine: str) -> dict[str, Any]:
        """Return what `restore` needs to go on with the same tunings."""
        used = {key: tuning.model_dump(mode="json") for key, tuning in self.used.items()}
        own = {"retuned": self.retuned, "remarks": list(self.remarks), "trainings": self._trainings}
        return {"machine": machine, "used": used, **own}

    def restore(self, state: Mapping[str, Any] | None, machine: str) -> None:
        """Go on with the tunings of a checkpoint, unless they are of another device or not recorded.

        Args:
            state: what `state` returned; None where the checkpoint is of a version without tunings.
            machine: the device here.
        """
        if state is None:
            self._leave("the checkpoint is of an older version, which did not record how steps are computed")
            return
        self.remarks, self.retuned = [*state["remarks"], *self.remarks], state["retuned"]
        self._trainings = state["trainings"]
        if state["machine"] == machine:
            self._kept |= {key: Tuning.model_validate(one) for key, one in state["used"].items()}
            self.used |= {key: self._kept[key] for key in state["used"]}
        else:
            self._leave(f"the checkpoint's tunings are of {state['machine']}: those of {machine} were used")

    def _leave(self, why: str) -> None:
        self.remarks.append(why)
        self.retuned = True

    def _chosen(self, what: Tunable, batch_size: int) -> Tuning:
        kept = self._kept.get(what.key)
        if kept is not None:
            why = what.refusal(kept)
            if not why:
                return kept
            self._leave(f"the kept tuning ({kept}) of {what.key} was not used: {why}")
        own = what.known() or self._measured(what, batch_size)
        return own if kept is not None else self._keep(what.key, own)

    def _measured(self, what: Tunable, batch_size: int) -> Tuning:
        """Return the fastest tuning where the steps of the whole study may make up for measuring it."""
        if not self._tune:
            return what.default
        seconds = self._trainings * self._steps(batch_size) * what.step_seconds() / PAYS
        return what.measure(seconds) if seconds >= what.longest else what.default
