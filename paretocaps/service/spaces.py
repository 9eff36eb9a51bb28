"""Shows what a study samples, and how many points that is."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paretocaps.domain.own_function import is_own
from paretocaps.domain.space import Parameter, Space
from paretocaps.domain.space_size import SpaceSize, space_size
from paretocaps.domain.study_file import read_study_file, resolve_spec
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.service.choosing import sampled_text, value_text
from paretocaps.service.opened import Storage, opened
from paretocaps.service.settings import parse_settings

if TYPE_CHECKING:
    from paretocaps.search.designs import StudyDesigns
    from paretocaps.storage.records import StudyRecord


@dataclass(frozen=True)
class SpaceView:
    """What a study samples.

    Attributes:
        trainer: name of its trainer.
        space: the sampled choices.
        fix: the fixed choices.
        designs: the designs that it starts with: those that its space and its fixed choices allow.
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
    storage: Storage = DEFAULT_STORAGE,
    spec_file: str | None = None,
    name: str | None = None,
    trainer: str | None = None,
    settings: Sequence[str] = (),
) -> SpaceView:
    """Return what a stored study samples, or what a new one would.

    Args:
        study: name of a stored study; None for a new one.
        storage: path of an SQLite file, database URL or open store, of the stored study.
        spec_file: path of a study file.
        name: name of one of the trainer's spaces.
        trainer: name of the trainer; None for that of the study file, or the built-in one.
        settings: fixed choices, as "name=value".

    Raises:
        StorageError: there is no such database or study.
        UsageError: a stored study and settings of a new one are given, or a choice or value is not allowed.
    """
    if study is not None:
        if spec_file or name or trainer or settings:
            raise UsageError(f"study {study!r} has its space: leave out the settings of a new one")
        record = _stored(study, storage)
        spec = StudySpec.model_validate(record.spec)
        if is_own(spec.trainer) and isinstance(spec.space, Mapping):
            with suppress(ParetocapsError):  # where the function is known, so are its designs
                return _view(spec, record.without_effect, record.facts)
            return _of_own(spec, spec.space, record.without_effect)
        return _view(spec, record.without_effect, record.facts)
    given = {"space": name, "trainer": trainer, "fix": parse_settings(settings)}
    file = read_study_file(spec_file) if spec_file else {}
    return _view(resolve_spec({key: value for key, value in given.items() if value}, file))


def space_of(options: Mapping[str, Any]) -> SpaceView:
    """Return what a new study with the options of a study file would sample.

    Raises:
        UsageError: an option, a choice or a value is not allowed.
    """
    return _view(resolve_spec({}, options))


def _view(spec: StudySpec, idle: tuple[str, ...] = (), facts: Mapping[str, int] | None = None) -> SpaceView:
    from paretocaps.search.checked_study import sampled_space
    from paretocaps.search.designs import StudyDesigns, check_designs, with_designs
    from paretocaps.search.same_training import SameTraining

    known = with_designs(TRAINERS.get(spec.trainer), spec.design)
    sampled, fix = sampled_space(known, spec)
    own = sampled.without(idle)
    placing = StudyDesigns(spec, known, own, fix, SameTraining(known, spec.epochs, facts))
    designs = tuple(name for name in check_designs(known, spec.designs) if _has_place(placing, name))
    return SpaceView(spec.trainer, own, fix, designs, space_size(own, fix), idle)


def _of_own(spec: StudySpec, sampled: Mapping[str, Any], idle: tuple[str, ...]) -> SpaceView:
    """Return what a study of one's own function or loop samples that this program does not know.

    Of its designs, those that the function was registered with are not known either.
    """
    fix = dict(spec.fix)
    own = Space.parse(sampled).without([*fix, *idle])
    designs = tuple(spec.design) if spec.designs is None else spec.designs
    return SpaceView(spec.trainer, own, fix, designs, space_size(own, fix), idle)


def where_text(parameter: Parameter) -> str:
    """Return in words the condition on which a space samples a choice; empty for none."""
    condition = parameter.when
    allowed = [f"{name} is {' or '.join(map(value_text, values))}" for name, values in condition.allowed]
    return " and ".join([*allowed, *(f"{name} is above {low:g}" for name, low in condition.bounds)])


def _has_place(placing: "StudyDesigns", design: str) -> bool:
    try:
        placing.of(design)
    except UsageError:
        return False
    return True


def _stored(study: str, storage: Storage) -> "StudyRecord":
    with opened(storage) as store:
        return store.study(study)
