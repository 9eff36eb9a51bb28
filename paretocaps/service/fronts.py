"""Reads the front of a stored study, within its bounds, for every command, page and caller."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.progress import unheard
from paretocaps.domain.requirement import Requirement, stated_requirements
from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.errors import UsageError
from paretocaps.renamed import renamed_arguments
from paretocaps.service.opened import Storage, opened

if TYPE_CHECKING:
    from paretocaps.report.front import Front
    from paretocaps.storage.records import StudyRecord
    from paretocaps.storage.store import Store


@renamed_arguments(device="measured_on")
def load_front(
    study: str | None = None,
    storage: Storage = DEFAULT_STORAGE,
    objectives: str | Sequence[str] | None = None,
    require: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    all: bool = False,
    test: bool = False,
    data: str | None = None,
    notice: Callable[[str], None] = unheard,
) -> "Front":
    """Return the front of a stored study.

    Of a member, `values["acc"]` is the mean over the seeds, and `estimate("acc")` has it as `value` with the
    number of seeds `n`, the standard deviation `sd` and the ends `low` and `high` of the 95 % interval.

    Args:
        study: name of the study; it may be None if the storage has only one.
        storage: path of an SQLite file, database URL, or an open store.
        objectives: other objectives than the study's own; nothing is retrained.
        require: bounds such as "acc>=0.9" that trials must keep, instead of those of the study.
        measured_on: rank only the trials that were measured on this device.
        scale_to: rank the trials of all devices, with times scaled to seconds of this device by the ratio
            of the devices' calibrations; bounds on times apply to the scaled times.
        all: lift all bounds, and rank the collapsed corner with the others.
        test: measure and store the test accuracy of members that have none, which takes seconds for each;
            a study that has ended has it of its front within its own bounds.
        data: where this machine has the study's images, to measure it by; None for where they were.
        notice: receives a line on what was measured then, or why not.

    Example:
        ```python
        front = paretocaps.load_front("demo", objectives="acc,params", require="params<=20M")
        front.knee().trial, front.pick({"acc": 2, "params": 1}).choices
        ```

    Raises:
        StorageError: there is no such database or study.
        UsageError: an objective was not measured or does not compare across devices, a bound is not
            understood or lifted, too, a trial has no calibration to scale by, or `data` are other images.
    """
    from paretocaps.search.judging import Judging

    requirements = bounds(require, all)
    with opened(storage) as store:
        name = only_study(store, study)
        asked = store, name, objectives, requirements, measured_on, scale_to
        front = front_of(*asked)
        if not test:
            return front
        judging = Judging(store, _where(store.study(name), data), notice)
        judging.judge([member.trial for member in front])
        return front_of(*asked)


def _where(record: "StudyRecord", data: str | None) -> StudySpec:
    """Return a study with its images in another folder, if one is named.

    Raises:
        UsageError: the folder has other images, or the study has none in a folder, or of a version that did
            not store what it had.
    """
    from paretocaps.search.identity import data_content, refuse_other_data

    spec = StudySpec.model_validate(record.spec)
    if data is None:
        return spec
    if spec.data is None:
        raise UsageError(f"data={data!r}: the images of study {spec.study!r} are in no folder: leave it out")
    moved = resolve_spec({"data": data}, stored=record.spec)
    refuse_other_data(moved, record.spec["data"], record.content, data_content(moved))
    return moved


def front_of(
    store: "Store",
    study: str,
    objectives: str | Sequence[str] | None = None,
    requirements: Sequence[Requirement] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
) -> "Front":
    """Return the front of a study in an open store.

    If `objectives` or `requirements` is None, it is over the study's own objectives or within its own bounds.

    Raises:
        StorageError, UsageError: as for `load_front`.
    """
    from paretocaps.report.front import Front
    from paretocaps.search import views

    asked = None if objectives is None else parse_objectives(objectives)
    return Front.from_record(views.front_of(store, study, asked, requirements, measured_on, scale_to))


def bounds(require: str | Sequence[str] | None, all: bool = False) -> tuple[Requirement, ...] | None:
    """Return the bounds of a view: None for those of the study, and none, an empty tuple, for `all`.

    Raises:
        UsageError: a bound is not understood, is above 1 for a share of images, or is given though `all`
            lifts all of them.
    """
    if all and require:
        first = require if isinstance(require, str) else require[0]
        raise UsageError(f"require={first!r} sets a bound and all=True lifts all bounds: give one of them")
    texts = [require] if isinstance(require, str) else list(require or ())
    if texts and not any(text.strip() for text in texts):
        raise UsageError("require is empty: give a bound such as acc>=0.95, or lift all bounds with all")
    return () if all else None if require is None else stated_requirements(require)


def only_study(store: "Store", study: str | None) -> str:
    """Return `study`, or the name of the storage's only study if it is None.

    Raises:
        UsageError: `study` is None, and the storage has no or several studies.
    """
    if study is not None:
        return study
    names = store.study_names()
    if len(names) != 1:
        raise UsageError(f"the storage has {len(names)} studies ({', '.join(names) or 'none'}): name one")
    return names[0]
