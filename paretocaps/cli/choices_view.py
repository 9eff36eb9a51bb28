"""What can be chosen, on stdout: a table of all choices, or one of them in full."""

from collections.abc import Sequence

from paretocaps.cli.output import rows_table, show, write_rows
from paretocaps.service import ChoiceView


def write_choices(found: Sequence[ChoiceView], form: str, *, full: bool) -> None:
    """Write choices in the asked form.

    Args:
        found: the choices.
        form: "table", "json" or "csv".
        full: whether a table shows each of them in full.
    """
    if form != "table":
        write_rows([choice.as_dict() for choice in found], form)
    elif full:
        for choice in found:
            show(*in_full(choice))
    else:
        show(rows_table([in_short(choice) for choice in found]))


def in_short(choice: ChoiceView) -> dict[str, str]:
    """Return a choice as a row of a table; its meaning ends with its condition and what is sampled."""
    row = choice.summary()
    ends = {"Only where": row.pop("where"), "Sampled:": row.pop("sampled")}
    said = [f"{begin} {text}." for begin, text in ends.items() if text]
    return {**row, "meaning": " ".join([row["meaning"], *said]).strip()}


def in_full(choice: ChoiceView) -> list[str]:
    """Return the lines that say all of a choice: its facts, then what its values mean."""
    width = max(map(len, choice.summary()))
    lines = [f"{name:{width}}  {text or '-'}" for name, text in choice.summary().items()]
    meanings = choice.facts.meanings
    if not meanings:
        return lines
    longest = max(map(len, meanings))
    return [*lines, "", *(f"{value:{longest}}  {meaning}" for value, meaning in meanings.items())]
