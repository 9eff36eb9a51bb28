"""Shows what a study samples, and how many points that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

from paretocaps.domain.space import Parameter, Space
from paretocaps.domain.space_size import SpaceSize, space_size
from paretocaps.domain.study_file import read_study_file, resolve_spec
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UsageError
from paretocaps.service.choosing import sampled_text, value_text
from paretocaps.service.settings import parse_settings


@dataclass(frozen=True)
class SpaceView:
    """What a study samples.

    Attributes:
        trainer: name of its trainer.
        space: the sampled choices.
        fix: the fixed choices.
        designs: the designs that it starts with.
        size: how many points there are.
        without_effect: the choices that a stored study does not sample because they cannot act.
    """

    trainer: str
    space: Space
    fix: Mapping[str, Any]
    designs: tuple[str, ...]
    size: SpaceSize
    without_effect: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as in the JSON of the command line; `space` is the `[space]` of a study file."""
        return {
            "trainer": self.trainer,
            "space": self.space.table(),
            "fix": dict(self.fix),
            "designs": list(self.designs),
            "without_effect": list(self.without_effect),
            "points": self.size.points,
            "combinations": self.size.combinations,
            "ranges": list(self.size.ranges),
        }

    def rows(self) -> list[dict[str, str]]:
        """Return one row per sampled choice: choice, values, where."""
        return [
            {"choice": one.name, "values": sampled_text(one), "where": where_text(one)} for one in self.space
        ]


def space(
    study: str | None = None,
    storage: str | PathLike[str] = DEFAULT_STORAGE,
    spec_file: str | None = None,
    name: str | None = None,
    trainer: str | None = None,
    settings: Sequence[str] = (),
) -> SpaceView:
    """Return what a stored study samples, or what a new one would.

    Args:
        study: name of a stored study; None for a new one.
        storage: path of an SQLite file, or database URL, of the stored study.
        spec_file: path of a study file.
        name: name of one of the trainer's spaces.
        trainer: name of the trainer; None for that of the study file, or the built-in one.
        settings: fixed choices, as "name=value".

    Raises:
        StorageError: there is no such database or study.
        UsageError: a stored study and settings of a new one are given, or a choice or value is not allowed.
    """
    from paretocaps.search.checked_study import sampled_space
    from paretocaps.search.designs import check_designs, with_designs

    idle: tuple[str, ...] = ()
    if study is not None:
        if spec_file or name or trainer or settings:
            raise UsageError(f"study {study!r} has its space: leave out the settings of a new one")
        spec, idle = _stored(study, storage)
    else:
        given = {"space": name, "trainer": trainer, "fix": parse_settings(settings)}
        file = read_study_file(spec_file) if spec_file else {}
        spec = resolve_spec({key: value for key, value in given.items() if value}, file)
    known = with_designs(TRAINERS.get(spec.trainer), spec.design)
    sampled, fix = sampled_space(known, spec)
    own = sampled.without(idle)
    named = check_designs(known, spec.designs)
    designs = tuple(name for name in named if not _contradicts(known.designs[name], fix))
    return SpaceView(spec.trainer, own, fix, designs, space_size(own, fix), idle)


def where_text(parameter: Parameter) -> str:
    """Return in words the condition on which a space samples a choice; empty for none."""
    condition = parameter.when
    allowed = [f"{name} is {' or '.join(map(value_text, values))}" for name, values in condition.allowed]
    return " and ".join([*allowed, *(f"{name} is above {low:g}" for name, low in condition.bounds)])


def _contradicts(design: Mapping[str, Any], fix: Mapping[str, Any]) -> bool:
    return any(name in fix and fix[name] != value for name, value in design.items())


def _stored(study: str, storage: str | PathLike[str]) -> tuple[StudySpec, tuple[str, ...]]:
    from paretocaps.storage.store import Store

    with Store.open(fspath(storage), create=False) as store:
        record = store.study(study)
    return StudySpec.model_validate(record.spec), record.without_effect
