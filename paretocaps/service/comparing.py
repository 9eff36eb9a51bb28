"""Compares the fronts of several studies: in one table, one picture, and by one reference point."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import Objective, parse_objectives
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.errors import UsageError
from paretocaps.service.fronts import bounds, front_of

if TYPE_CHECKING:
    from paretocaps.report.front import Front
    from paretocaps.storage.quantity_table import Machine, QuantityTable
    from paretocaps.storage.store import Store

Named = tuple[str, FrontMember]
"""A study's name, and a member of its front."""

_SAID_OF_DATA = ("name", "path", "limit_train", "pairs")
"""The settings that the text of a `DataSpec` has."""


@dataclass(frozen=True)
class Comparison:
    """The fronts of several studies over the same objectives.

    Attributes:
        objectives: the objectives that they are compared by.
        fronts: the front of each study.
        reference_point, ideal_point: the corners of all hypervolumes, one value per objective: a tenth worse
            than the worst member of all fronts, and the best that is possible.
        volumes: of each study, the hypervolume as a share of all between these points.
        together: the same of all fronts together.
        beaten_by: of members that are not on the common front, a member of another study that beats it.
        remarks: what limits the comparison, such as other data.
    """

    objectives: tuple[Objective, ...]
    fronts: "tuple[Front, ...]"
    reference_point: tuple[float, ...]
    ideal_point: tuple[float, ...]
    volumes: tuple[float, ...]
    together: float
    beaten_by: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def members(self) -> list[Named]:
        """The members of all fronts with their studies, best in the first objective first."""
        first = self.objectives[0]
        sign = -1 if first.direction == "maximize" else 1
        named = [(front.study, member) for front in self.fronts for member in front.members]
        return sorted(named, key=lambda one: sign * one[1].values[first.name])

    def unbeaten(self, study: str) -> int:
        """Return how many members of a study's front are on the common front of all studies."""
        return sum((name, one.trial) not in self.beaten_by for name, one in self.members if name == study)

    @property
    def studies(self) -> list[dict[str, Any]]:
        """One row per study: study, members, unbeaten (on the common front), hypervolume_share."""
        return [
            {
                "study": front.study,
                "members": len(front),
                "unbeaten": self.unbeaten(front.study),
                "hypervolume_share": volume,
            }
            for front, volume in zip(self.fronts, self.volumes, strict=True)
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as in the JSON of the command line."""
        return {
            "objectives": [
                {"name": o.name, "direction": o.direction, "unit": o.unit} for o in self.objectives
            ],
            "reference_point": list(self.reference_point),
            "ideal_point": list(self.ideal_point),
            "hypervolume_share": self.together,
            "studies": self.studies,
            "members": self.rows,
            "remarks": list(self.remarks),
        }

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row per member: study, trial, its values and choices, and what beats it (study and trial)."""
        found = []
        for study, member in self.members:
            beaten = self.beaten_by.get((study, member.trial))
            by = None if beaten is None else {"study": beaten[0], "trial": beaten[1]}
            found.append({"study": study, **member.as_dict(), "beaten_by": by})
        return found


def compare(
    studies: Sequence[str],
    storage: str | PathLike[str] = DEFAULT_STORAGE,
    objectives: str | Sequence[str] | None = None,
    require: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    all: bool = False,
) -> Comparison:
    """Compare the fronts of stored studies, each within its own bounds unless others are given.

    Args:
        studies: their names, two or more.
        objectives: the objectives to compare by; None for those that all of them have.
        storage, require, measured_on, scale_to, all: those of `load_front`.

    Raises:
        StorageError: there is no such database or study.
        UsageError: as for `load_front`; or there are fewer than two studies, fewer than two objectives in
            common, no member at all, or times of several devices or versions of torch.
    """
    from paretocaps.pareto.indicators import hypervolume, share_of
    from paretocaps.pareto.reference import ideal_point, reference_point
    from paretocaps.storage.store import Store

    if len(set(studies)) < max(2, len(studies)):
        raise UsageError(f"compare {' '.join(studies)}: name two or more different studies")
    with Store.open(fspath(storage), create=False) as store:
        specs = [StudySpec.model_validate(store.study(name).spec) for name in studies]
        asked = _common(specs) if objectives is None else parse_objectives(objectives)
        names = [objective.name for objective in asked]
        view = (names, bounds(require, all), measured_on, scale_to)
        fronts = tuple(front_of(store, name, *view) for name in studies)
        _refuse_several_devices(store, fronts, asked)
    values = [[[m.values[name] for name in names] for m in front.members] for front in fronts]
    everything = [row for rows in values for row in rows]
    if not everything:
        raise UsageError(f"no study of {', '.join(studies)} has a member within its bounds: --all lifts them")
    corners = reference_point(everything, asked), ideal_point(everything, asked)

    def share(rows: list[list[float]]) -> float:
        return share_of(hypervolume(rows, corners[0], asked), *corners) if rows else 0.0

    found = Comparison(asked, fronts, *corners, tuple(map(share, values)), share(everything))
    return _with_beaten(found, tuple(_remarks(specs)))


def _common(specs: Sequence[StudySpec]) -> tuple[Objective, ...]:
    first, *others = specs
    names = [name for name in first.objectives if all(name in other.objectives for other in others)]
    if len(names) < 2:
        own = "; ".join(f"{spec.study}: {','.join(spec.objectives)}" for spec in specs)
        raise UsageError(f"the studies have fewer than two objectives in common ({own}): give --objectives")
    return parse_objectives(names)


def _refuse_several_devices(
    store: "Store", fronts: "Sequence[Front]", objectives: Sequence[Objective]
) -> None:
    bound = [objective.name for objective in objectives if objective.device_bound]
    if not bound:
        return
    used = {front.study: _machines(front, store.table(front.study, ())) for front in fronts}
    if len({machine for machines in used.values() for machine in machines}) < 2:
        return
    several = len({name for machines in used.values() for name, _ in machines}) > 1
    names = {
        study: {name if several else f"{name}, torch {torch or 'unknown'}" for name, torch in machines}
        for study, machines in used.items()
    }
    where = "; ".join(
        f"{study} on {', '.join(sorted(devices))}" for study, devices in names.items() if devices
    )
    left = " and ".join(bound)
    raise UsageError(
        f"{left} of several devices do not compare ({where}): give --objectives without {left}, or measure"
        " trials of each study on one device"
    )


def _machines(front: "Front", table: "QuantityTable") -> set["Machine"]:
    """Return the devices, with their versions of torch, whose seconds the members of a front have."""
    members = {member.trial for member in front}
    return {
        machine
        for trial, device, machines in zip(table.trials, table.devices, table.machines, strict=True)
        if (device == front.scaled_to if front.scaled_to is not None else trial in members)
        for machine in machines
    }


def _with_beaten(found: Comparison, remarks: tuple[str, ...]) -> Comparison:
    from paretocaps.pareto.matrix import signs

    sign = signs(found.objectives)
    costs = {
        (study, member.trial): [
            member.values[o.name] * s for o, s in zip(found.objectives, sign, strict=True)
        ]
        for study, member in found.members
    }
    beaten = {
        one: other
        for one, own in costs.items()
        for other, better in costs.items()
        if other[0] != one[0] and better != own and all(b <= a for a, b in zip(own, better, strict=True))
    }
    return replace(found, beaten_by=beaten, remarks=remarks)


def _remarks(specs: Sequence[StudySpec]) -> list[str]:
    read = [spec.data_spec.model_dump(exclude=set(_SAID_OF_DATA)) for spec in specs]
    apart = [name for name in read[0] if any(one[name] != read[0][name] for one in read)]
    settings = [
        ", ".join(f"{name}={'the default' if one[name] is None else one[name]}" for name in apart)
        for one in read
    ]
    said = (
        [f"is on {spec.data_spec}" for spec in specs],
        [f"reads its images with {text}" for text in settings] if apart else [],
        [f"trains {spec.epochs} epochs" for spec in specs],
    )
    return [
        "; ".join(f"{spec.study} {text}" for spec, text in zip(specs, texts, strict=True))
        for texts in said
        if len(set(texts)) > 1
    ]
