"""What the page of a study shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from paretocaps.domain.beside_baseline import BASELINE
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.report.flag_notes import flag_notes
from paretocaps.report.front import Front
from paretocaps.report.front_section import FrontSection, front_section
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes
from paretocaps.report.line_styles import styles_of
from paretocaps.report.recommended import Recommended, recommended
from paretocaps.report.sentences import no_member
from paretocaps.report.study_facts import settings_texts
from paretocaps.search.levels import with_design_levels
from paretocaps.search.views import trials_of
from paretocaps.service.current import Current, current
from paretocaps.service.fronts import front_of
from paretocaps.service.overview import StudyState, state_of
from paretocaps.storage.standings import Standing
from paretocaps.storage.store import Store
from paretocaps.web.pages.kept import Kept

ROWS = 100
"""So many members of a front are in the table of a page."""


@dataclass(frozen=True)
class FrontPart:
    """The front of a study as its page shows it, which changes only with the study.

    Attributes:
        front: the front; None where `refused` says why it cannot be told.
        refused: why, as a sentence; empty if it can.
        chosen: the recommended member.
        section: the table of the first members.
        notes: what is to be known of the values.
        missing: why the front is empty; empty if it is not.
        count: the number of finished trials.
    """

    front: Front | None
    refused: str = ""
    chosen: Recommended | None = None
    section: FrontSection = field(default_factory=FrontSection)
    notes: tuple[str, ...] = ()
    missing: str = ""
    count: int = 0


@dataclass(frozen=True)
class StudyPart:
    """What a page shows of a study besides its front, read at each request.

    Attributes:
        standing: how many of its trials are in each state, and what its drivers say.
        spec: the study as it was created.
        state: whether a driver runs it, and whether it is complete.
        seconds: the training seconds that it has taken.
        current: what it trains at the moment.
        settings: its settings as texts.
    """

    standing: Standing
    spec: StudySpec
    state: StudyState
    seconds: float
    current: Current
    settings: Mapping[str, str]

    @property
    def trials(self) -> Mapping[Any, int]:
        """The number of its trials in each state."""
        return self.standing.trials

    @property
    def ended(self) -> int:
        """How many of its trials count."""
        return self.standing.ended


def read_study(store: Store, study: str, kept: Kept[float]) -> StudyPart:
    """Read what a study's page shows besides its front.

    Args:
        store: an open store.
        study: the study.
        kept: has its training seconds of a moment ago, so that not every look adds up all of its epochs.

    Raises:
        StorageError: there is no such study.
    """
    standing = store.standing(study)
    spec = StudySpec.model_validate(standing.spec)
    state = state_of(standing, standing.ended >= spec.trials)
    to_begin = max(0, spec.trials - standing.ended - standing.trials["running"]) * len(spec.seeds)
    now = datetime.now(UTC)
    return StudyPart(
        standing=standing,
        spec=spec,
        state=state,
        seconds=kept.get(
            (study, standing.created), store.last_event(study), lambda: store.training_seconds(study)
        ),
        current=current(store, study, to_begin, now) if state == "running" else Current(),
        settings=settings_texts({name: v for name, v in standing.spec.items() if name != "published"}),
    )


def read_front(store: Store, study: str) -> FrontPart:
    """Read the front of a study as its page shows it.

    Raises:
        StorageError: there is no such study.
    """
    try:
        front = front_of(store, study)
    except UsageError as error:  # such as of devices that do not compare: a person's word is needed
        return FrontPart(None, str(error))
    everyone = with_design_levels(store, front, trials_of(store, study).members, BASELINE)
    chosen = recommended(front, everyone)
    return FrontPart(
        front=front,
        chosen=chosen,
        section=front_section(front, chosen.trial if chosen else None, styles_of(front), {}, most=ROWS),
        notes=_notes(front),
        missing="" if front.learned().members else no_member(front),
        count=len(everyone),
    )


def _notes(front: Front) -> tuple[str, ...]:
    notes = [*interval_notes(front.members, front.objectives), *level_notes(front)]
    flags = [f"flags: {'; '.join(found)}"] if (found := flag_notes([*front, *front.corner])) else []
    return tuple(f"{one[:1].upper()}{one[1:]}." for one in (*notes, *flags, *front.left_out))
