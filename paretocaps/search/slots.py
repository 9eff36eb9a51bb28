"""Decides how a study splits its CPU into slots, once, and keeps it."""

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocaps.cores import can_pin, one_of_each_core, quota
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.progress import OnProgress, Throttled, unheard
from paretocaps.domain.slot import Slot, slot_size
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import CheckedData, TrainerSpec
from paretocaps.domain.tuning import VARIABLE
from paretocaps.domain.wording import counted
from paretocaps.errors import ParetocapsError, StudyMismatchError, UsageError
from paretocaps.execution.core_probe import probe_cores
from paretocaps.execution.lease import leased
from paretocaps.execution.slots import slots_of
from paretocaps.search.interrupts import TimeIsUpError
from paretocaps.search.places import measures_energy
from paretocaps.storage.store import Store

_SECONDS = 10.0  # between two looks at who trains on the CPU that is waited for


@dataclass(frozen=True)
class Splitting:
    """How a study's CPU is split.

    Args:
        spec: the study's settings.
        trainer: its trainer.
        data: what the trainer found in its data.
        store: where its slots are kept.
        notice: receives what was decided, and why.
        check: is called now and then; what it raises ends the run.
        on_progress: is told that steps are timed.
    """

    spec: StudySpec
    trainer: TrainerSpec
    data: CheckedData
    store: Store
    notice: Callable[[str], None]
    check: Callable[[], None]
    on_progress: OnProgress = unheard

    def settle(self, fix: Mapping[str, Any], *, begun: bool) -> int | None:
        """Return how many cores each of the study's slots has; None for a whole CPU.

        A new study keeps the slots that `spec.threads` asks for, or that suit its first steps; a study that
        has trials and no slots is of a version without them, and trains on whole CPUs.

        Args:
            fix: the study's fixed choices.
            begun: whether it has trials.

        Raises:
            StudyMismatchError: `spec.threads` asks for other slots than the study's.
        """
        kept = self.store.study(self.spec.study).slots
        if kept is None and not begun:
            kept = self._kept_or_found(fix)
        size = slot_size(kept or ())
        self.refuse_other(size)
        return size

    def refuse_other(self, size: int | None) -> None:
        """Refuse `spec.threads` if it asks for other slots than those of `size` cores, which the study has.

        Raises:
            StudyMismatchError: it does.
        """
        asked = self.spec.threads
        if asked is not None and size not in (asked, slot_size(slots_of(asked))):
            was = "a whole CPU" if size is None else f"slots of {counted(size, 'core')}"
            raise StudyMismatchError(
                f"study {self.spec.study!r} trains on {was} (now threads={asked}), and times on others do not"
                " compare",
                "leave out --threads",
                "choose another study or --storage",
            )

    def _kept_or_found(self, fix: Mapping[str, Any]) -> tuple[Slot, ...] | None:
        if self.spec.threads is not None or not self._may_split():
            return self._keep(slots_of(self.spec.threads), "")
        with tempfile.TemporaryDirectory(prefix="paretocaps-", ignore_cleanup_errors=True) as folder:
            job = self._job(fix, Path(folder))
            try:
                with leased(job, Throttled(self._waits(), _SECONDS)):
                    if (kept := self.store.study(self.spec.study).slots) is not None:
                        return kept  # another driver was quicker
                    self.on_progress("timing steps on one core and on two", 0, 0)
                    found = probe_cores(job, self.data, self.check)
                    return self._keep(slots_of(1 if found.splits else None), f": {found}")
            except TimeIsUpError:
                return None
            except (ParetocapsError, OSError) as error:
                return self._keep(slots_of(None), f": its steps could not be timed ({error})")

    def _keep(self, slots: tuple[Slot, ...], why: str) -> tuple[Slot, ...]:
        kept: tuple[Slot, ...] = self.store.keep_slots(self.spec.study, slots)
        size = slot_size(kept)
        if size is not None:
            at_once = (
                f"{len(kept)} slots of {counted(size, 'core')} each, which train one trial each at a time"
            )
            self.notice(f"the CPU is split into {at_once}{why}")
        elif why:
            self.notice(f"the CPU is not split into slots{why}")
        return kept

    def _may_split(self) -> bool:
        """Return whether a CPU is split where that pays: nobody has said how many jobs run at once."""
        spec = self.spec
        several = spec.trials * len(spec.seeds) > 1 and 1 < len(one_of_each_core()) <= quota()
        free = (
            spec.workers is None and spec.ranks == 1 and not spec.share_device and not measures_energy(spec)
        )
        measured = not os.environ.get(VARIABLE)  # else nothing depends on what is measured of the machine
        return bool(self.trainer.typical_step) and can_pin() and several and free and measured

    def _job(self, fix: Mapping[str, Any], folder: Path) -> TrainingJob:
        choices: dict[str, Any] = dict(fix)
        with suppress(UsageError):
            choices = self.trainer.complete({}, fix)
        return TrainingJob(
            study=self.spec.study,
            trial=0,
            trainer=self.spec.trainer,
            choices=choices,
            seed=self.spec.seed,
            data=self.spec.data_spec,
            epochs=self.spec.epochs,
            folder=folder,
            exclusive=True,
        )

    def _waits(self) -> OnProgress:
        """Return what is told for whom the CPU is waited for, and notices each of them once."""
        noticed = set[str]()

        def tell(what: str, done: int, total: int) -> None:
            self.check()
            self.on_progress(what, done, total)
            if what not in noticed:
                noticed.add(what)
                self.notice(f"{what}; the study then decides how to split it")

        return tell
