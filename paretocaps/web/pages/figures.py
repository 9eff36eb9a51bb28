"""The figures of a study's page, drawn by its script: the front, and how it grew."""

from typing import TYPE_CHECKING, Any

from paretocaps.report.figures import front_figures
from paretocaps.report.front import Front
from paretocaps.report.front_layers import Apart
from paretocaps.report.line_styles import styles_of
from paretocaps.report.progress_figure import progress_figures
from paretocaps.report.series import evenly
from paretocaps.search.study_history import history_of
from paretocaps.search.views import trials_of
from paretocaps.storage.store import Store

if TYPE_CHECKING:
    from paretocaps.domain.front_record import FrontMember

_BEHIND = 1500
"""So many other trials are drawn behind a front."""
_FIRST = 460
"""The pixels of the two figures at the top, before plotly's title is taken away."""


def read_figures(store: Store, study: str, front: Front) -> dict[str, Any]:
    """Return plotly figures by identifier: in three dimensions, of each pair of objectives, and the progress.

    Raises:
        StorageError: there is no such study.
    """
    finished = trials_of(store, study, front.objectives).members
    behind = [finished[index] for index in evenly(len(finished), _BEHIND)]
    stopped = trials_of(store, study, front.objectives, stopped=True).members
    found = _front(front, behind, stopped)
    history = history_of(store, study, front.objectives, None, None)
    if len(history) > 1:
        found |= progress_figures(history)
    return found


def _front(front: Front, behind: "list[FrontMember]", stopped: "tuple[FrontMember, ...]") -> dict[str, Any]:
    found: dict[str, Any] = front_figures(front, behind, styles_of(front), Apart(stopped=stopped))
    for name in list(found)[:2]:
        found[name].update_layout(height=_FIRST)
    return found
