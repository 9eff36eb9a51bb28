"""Keeps what the dashboard shows of each study, and reads it again when the study has changed."""

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from paretocaps.search.trial_cache import trial_key
from paretocaps.storage.store import Store
from paretocaps.web.detail import study_detail
from paretocaps.web.study_view import StudyView, read_view

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from paretocaps.search.riding_storage import RidingStorage

_REST = 5.0
"""A view is kept for so many times the seconds that it takes to read, so that it slows no running study."""


@dataclass
class _Kept:
    """A study's view, the number of its change that it shows, until when it is kept, and the last answer.

    `of` is its name and when it was made: it may be renamed, and Optuna uses the key of a deleted one again.
    """

    of: tuple[str, datetime]
    lock: threading.Lock = field(default_factory=threading.Lock)
    view: StudyView | None = None
    change: int = -1
    until: float = 0.0
    asked: object = None
    answer: bytes = b""


class CurrentViews:
    """The views of the studies of a database; threads may share it.

    Args:
        storage: the storage URL.
        optuna: Optuna's tables in it.
        all: whether fronts are those without bounds.
    """

    def __init__(self, storage: str, optuna: "RidingStorage", *, all: bool = False) -> None:
        self.storage, self.all, self._optuna = storage, all, optuna
        self._kept: dict[int, _Kept] = {}
        self._lock = threading.Lock()

    def name(self, study: int) -> str | None:
        """Return the name of a study by its key, or None if our tables have no such study."""
        known = self._known(study)
        return None if known is None else known[0]

    def detail(self, study: int, after: int) -> bytes | None:
        """Return the answer for a study as JSON (`study_detail`); None if our tables have no such study."""
        known = self._known(study)
        if known is None:
            return None
        name, kept = known[0], self._of(study, known)
        attributes = self._optuna.get_study_system_attrs(study)
        with kept.lock:
            view, trials = self._current(kept, name), self._trials(study)
            asked = after, attributes, [(trial.state, trial.system_attrs) for trial in trials]
            if asked != kept.asked:
                detail = study_detail(study, view, trials, attributes, f"/paretocaps/report/{study}", after)
                kept.asked, kept.answer = asked, json.dumps(detail, separators=(",", ":")).encode()
            return kept.answer

    def trial(self, study: int, trial: int) -> tuple[StudyView, int] | None:
        """Return the view of a study and the number of the trial with the key `trial`; None if unknown."""
        known = self._known(study)
        if known is None:
            return None
        name, kept = known[0], self._of(study, known)
        with kept.lock:
            keys = {trial_key(one): one.number for one in self._trials(study)}
            return (self._current(kept, name), keys[trial]) if trial in keys else None

    def _known(self, study: int) -> tuple[str, datetime] | None:
        """Return the name of a study, and when it was made; None if our tables have no such study."""
        try:
            name = self._optuna.get_study_name_from_id(study)
        except KeyError:
            return None
        with Store.open(self.storage, create=False) as store:
            made = store.created(name)
        return None if made is None else (name, made)

    def _of(self, study: int, known: tuple[str, datetime]) -> _Kept:
        with self._lock:
            if study not in self._kept or self._kept[study].of != known:
                self._kept[study] = _Kept(known)
            return self._kept[study]

    def _trials(self, study: int) -> "list[FrozenTrial]":
        return sorted(self._optuna.get_all_trials(study, deepcopy=False), key=lambda one: one.number)

    def _current(self, kept: _Kept, study: str) -> StudyView:
        """Return a view that is not older than the study, or was read a moment ago."""
        began = time.monotonic()
        if kept.view is not None and began < kept.until:
            return kept.view
        with Store.open(self.storage, create=False) as store:
            change = store.changes(study, kept.change)[0]
        if kept.view is None or kept.view.runs or change != kept.change:
            kept.view, kept.change = read_view(self.storage, study, all=self.all), change
            kept.asked = None
        kept.until = time.monotonic() + _REST * (time.monotonic() - began)
        return kept.view
