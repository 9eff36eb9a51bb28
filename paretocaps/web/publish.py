"""Writes a front and its figures into an Optuna study, where the dashboard shows them."""

import copy
import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontRecord
from paretocaps.report.figures import placeholder
from paretocaps.report.front import Front
from paretocaps.report.hypervolume_text import hypervolume_text
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes
from paretocaps.report.tables import markdown_table, markdown_text, trials_table
from paretocaps.web.optuna_side import load_study, open_studies

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage

_PUBLISHED = "paretocaps:figures"
"""The attribute of an Optuna study that holds a digest of each published figure, by identifier."""
_BEGIN, _END = "[//]: # (paretocaps front)", "[//]: # (paretocaps front ends)"
"""The lines around our part of a study's note, which Markdown does not show."""
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_.:-]")
_CARD_HEIGHT = 450
"""The pixels that the dashboard gives a figure; it crops taller ones."""


def publish(url: str, study: str, record: FrontRecord, figures: Mapping[str, Any]) -> None:
    """Put a front and its figures into the Optuna study of the same name, for the dashboard to show.

    A further call replaces them: figures by their identifiers, the front in our part of the study's note
    (the text around it stays). Unchanged figures and notes are not written.

    Args:
        url: the storage URL.
        study: name of the study.
        record: the front for the note.
        figures: plotly figures by identifier; earlier published figures that are not among them are
            replaced by an empty one.

    Raises:
        StorageError: the database cannot be used or has no such study.
    """
    storage = open_studies(url)
    try:
        shown = load_study(storage, study)
        _save_figures(storage, shown, figures)
        _save_front(shown, record)
    finally:
        storage.remove_session()
        storage.engine.dispose()


def front_note(record: FrontRecord) -> str:
    """Return a front as a paragraph and a table in Markdown, in which no text is HTML."""
    names = markdown_text(", ".join(objective.name for objective in record.objectives))
    bounds = f"\nOnly trials with {markdown_text(record.within)}.\n" if record.within else ""
    if not record.members:
        return f"### Front over {names}\n\nNo trial is on it yet.\n{bounds}"
    knee = Front.from_record(record).knee().trial
    table = markdown_table(trials_table(record.members, record.objectives, {knee: "knee"}))
    lines = [*record.left_out, *interval_notes(record.members, record.objectives), *level_notes(record)]
    notes = "".join(f"\n{markdown_text(line)}.\n" for line in lines)
    volume = hypervolume_text(record).capitalize()
    said = f"{volume}.\n" if volume else ""
    return f"### Front over {names}\n\n{table}\n{said}{notes}{bounds}"


def _save_front(study: "Study", record: FrontRecord) -> None:
    from optuna_dashboard import get_note, save_note

    old = get_note(study)
    new = _with_front(old, front_note(record))
    if new != old:
        save_note(study, new)


def _save_figures(storage: "RDBStorage", study: "Study", figures: Mapping[str, Any]) -> None:
    from optuna_dashboard import save_plotly_graph_object

    number = storage.get_study_id_from_name(study.study_name)
    published: dict[str, str] = storage.get_study_system_attrs(number).get(_PUBLISHED, {})
    shown = {_NOT_IN_AN_ID.sub("_", name): copy.deepcopy(figure) for name, figure in figures.items()}
    # the dashboard can replace a figure but not remove it
    emptied = {name: placeholder("(no longer drawn)") for name in published if name not in shown}
    digests = dict(published)
    for name, figure in {**shown, **emptied}.items():
        figure.update_layout(height=_CARD_HEIGHT)
        digest = hashlib.sha256(figure.to_json().encode()).hexdigest()[:16]
        if published.get(name) != digest:
            save_plotly_graph_object(study, figure, graph_object_id=name)
            digests[name] = digest
    if digests != published:
        storage.set_study_system_attr(number, _PUBLISHED, digests)


def _with_front(note: str, front: str) -> str:
    """Return `note` with our part replaced, or added at its end."""
    ours = f"{_BEGIN}\n\n{front}\n{_END}"
    if _BEGIN in note and _END in note:
        return re.sub(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: ours, note, flags=re.DOTALL)
    return f"{note.rstrip()}\n\n{ours}\n" if note.strip() else f"{ours}\n"
