"""What is asked of a stored study: a front, or all its finished trials."""

from collections.abc import Sequence

from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.objective import OBJECTIVES, Objective, parse_objectives
from paretocaps.domain.requirement import Requirement
from paretocaps.search.ranking import MeasuredTrials, asked_quantities, measured_trials, ranked_front
from paretocaps.storage.store import Store


def front_of(
    store: Store,
    study: str,
    objectives: Sequence[Objective] | None = None,
    requirements: Sequence[Requirement] = (),
    device: str | None = None,
    scale_to: str | None = None,
) -> FrontRecord:
    """Return the front of a stored study, over its own objectives unless others are asked for.

    Args and errors as `ranked_front`.

    Raises:
        StorageError: no such study.
    """
    record = store.study(study)
    asked = parse_objectives(record.spec["objectives"]) if objectives is None else objectives
    table = store.table(study, asked_quantities(asked, requirements))
    return ranked_front(record, table, asked, requirements, device, scale_to)


def trials_of(
    store: Store,
    study: str,
    objectives: Sequence[Objective] = (),
    device: str | None = None,
    scale_to: str | None = None,
) -> MeasuredTrials:
    """Return every finished trial of a stored study with all its common quantities.

    They have the study's own objectives, and those that are asked for beside them. Args and errors as
    `measured_trials`.

    Raises:
        StorageError: no such study.
    """
    record = store.study(study)
    own = [OBJECTIVES.get(name) for name in record.spec.get("objectives", ()) if name in OBJECTIVES]
    own += [objective for objective in objectives if objective not in own]
    return measured_trials(record, store.table(study, asked_quantities(own)), own, device, scale_to)
