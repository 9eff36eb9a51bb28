"""Writes choices to stdout: all of them as a table, or one in full."""

from collections.abc import Sequence

from paretocaps.cli.output import rows_table, show, write_rows
from paretocaps.service import ChoiceView


def write_choices(found: Sequence[ChoiceView], form: str, *, full: bool) -> None:
    """Write choices to stdout.

    Args:
        found: the choices.
        form: "table", "json" or "csv".
        full: whether to show each of them in full instead of as a row of a table.
    """
    if form != "table":
        write_rows([choice.as_dict() for choice in found], form)
    elif full:
        for choice in found:
            show(*in_full(choice))
    else:
        show(rows_table([in_short(choice) for choice in found]))


def in_short(choice: ChoiceView) -> dict[str, str]:
    """Return a choice as a row of a table; its meaning ends with its condition and its sampled values."""
    row = choice.summary()
    ends = {"Only where": row.pop("where"), "Sampled:": row.pop("sampled")}
    said = [f"{begin} {text}." for begin, text in ends.items() if text]
    return {**row, "meaning": " ".join([row["meaning"], *said]).strip()}


def in_full(choice: ChoiceView) -> list[str]:
    """Return the lines that describe a choice in full: its facts, then the meanings of its values."""
    width = max(map(len, choice.summary()))
    lines = [f"{name:{width}}  {text or '-'}" for name, text in choice.summary().items()]
    meanings = choice.facts.meanings
    if not meanings:
        return lines
    longest = max(map(len, meanings))
    return [*lines, "", *(f"{value:{longest}}  {meaning}" for value, meaning in meanings.items())]
