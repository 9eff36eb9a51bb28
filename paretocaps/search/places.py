"""Decides at which places a study's jobs run at once, and which of them share a device."""

from collections.abc import Sequence

from paretocaps.cores import one_of_each_core
from paretocaps.domain.measurement import ENERGY
from paretocaps.domain.objective import OBJECTIVES, Objective
from paretocaps.domain.requirement import with_bounded
from paretocaps.domain.slot import WHOLE
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import counted
from paretocaps.errors import UsageError
from paretocaps.execution.executor import EXECUTORS, ExecutorFactory, SlotsFactory
from paretocaps.execution.slots import check_slots, slots_of


def places_on_slots(
    spec: StudySpec, executor: ExecutorFactory, here: Sequence[str], cores: int | None
) -> list[str]:
    """Return the places of a study's jobs on slots of so many cores, one per job that may run at once.

    Args:
        spec: the study's settings.
        executor: its executor.
        here: its devices.
        cores: how many cores each slot has; None for no slots, which are then the devices.

    Raises:
        UsageError: `spec.threads` asks for slots that cannot be had.
    """
    if cores is None:
        return list(here)
    if set(here) != {WHOLE}:
        raise UsageError(
            f"threads={cores} splits a CPU into slots, and the study would train on {', '.join(here)}: leave"
            " it out, or give --device cpu"
        )
    if not isinstance(executor, SlotsFactory):
        raise UsageError(f"threads={cores}: executor {spec.executor!r} has no slots: use processes or ray")
    check_slots(cores)
    slots = slots_of(cores)
    return [slots[job % len(slots)].name for job in range(spec.workers or len(slots))]


def kind_of(places: Sequence[str]) -> str:
    """Return what trains at `places`: "cpu", a CPU, its cores or the nodes of a cluster, or "cuda", GPUs."""
    return "cpu" if all(place.startswith((WHOLE, "core", "node ")) for place in places) else "cuda"


def refuse_sharing(spec: StudySpec, objectives: Sequence[Objective], places: Sequence[str]) -> None:
    """Refuse jobs that would share a device while a time or energy is an objective or has a bound.

    `share_device` allows it.

    Raises:
        UsageError: they would; the message has the remedies.
    """
    refuse_shared_counter(spec, places)
    timed = [one.name for one in with_bounded(objectives, spec.requirements) if one.timed]
    count, where = len(set(places)), ", ".join(sorted(set(places)))
    if timed and len(places) > count and not spec.share_device:
        raise UsageError(
            f"workers={spec.workers} would train {len(places)} jobs at once on {where}, which"
            f" makes the {timed[0]} of each longer: set workers to {count}{_or_slots(spec, places)}, or give"
            " --share-device to allow it and mark the measurements as shared"
        )


def refuse_shared_counter(spec: StudySpec, places: Sequence[str]) -> None:
    """Refuse jobs on parts of a processor, or on one device, where energy is measured: a counter has all.

    Raises:
        UsageError: there would be such jobs, and the spec does not allow it.
    """
    if not measures_energy(spec) or spec.share_device:
        return
    if any(place.startswith("core") or ", slot " in place for place in places):
        raise UsageError(
            "energy is that of a whole processor, of which slots are parts: leave out --threads, or give"
            " --share-device to allow it"
        )
    counters = len(set(places))
    if counters < len(places):
        raise UsageError(
            f"{len(places)} jobs would train at once where {counted(counters, 'counter')} has the energy of"
            f" all: set workers to {counters}, or give --share-device to allow it"
        )


def measures_energy(spec: StudySpec) -> bool:
    """Return whether an objective or a bound is the energy, whose counter is that of a whole device."""
    names = (*spec.objectives, *(bound.name for bound in spec.requirements))
    return ENERGY in {OBJECTIVES.get(name).quantity for name in names}


def refuse_crowded_ranks(spec: StudySpec) -> None:
    """Refuse slots on which several ranks of a training would share a core.

    Raises:
        UsageError: a slot has fewer cores than a training has ranks.
    """
    if spec.threads is not None and spec.threads < spec.ranks:
        raise UsageError(
            f"threads={spec.threads}: the {spec.ranks} ranks of a training would share"
            f" {counted(spec.threads, 'core')}: give --threads {spec.ranks}, or leave it out"
        )


def fewer_jobs(spec: StudySpec, places: Sequence[str]) -> str:
    """Return a notice that fewer jobs run at once than `spec.workers`, because each GPU runs one."""
    number = "1 job runs" if len(places) == 1 else f"{len(places)} jobs run"
    return (
        f"workers={spec.workers}, but {number} at once, one per GPU ({', '.join(places)}): give"
        " --share-device for more per GPU, which makes their times longer"
    )


def _or_slots(spec: StudySpec, places: Sequence[str]) -> str:
    """Return the remedy of a CPU, where it has cores for all jobs."""
    threads = len(one_of_each_core()) // len(places)
    splits = set(places) == {WHOLE} and threads and isinstance(EXECUTORS.get(spec.executor), SlotsFactory)
    return f", give --threads {threads} to train each on cores of its own" if splits else ""
