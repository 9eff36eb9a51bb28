"""Writes choices to stdout: all of them as a table, or one in full."""

from collections.abc import Mapping, Sequence

from paretocaps.cli.output import Row, rows_table, show, write_rows
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
            for number, rows in enumerate(in_full(choice)):
                show(*[""] * (number > 0), rows_table(rows))
    else:
        show(rows_table([in_short(choice) for choice in found]))


def in_short(choice: ChoiceView) -> dict[str, str]:
    """Return a choice as a row of a table; its meaning ends with its condition and its sampled values."""
    row = choice.summary()
    ends = {"Only where": row.pop("where"), "Sampled:": row.pop("sampled")}
    said = [f"{begin} {text}." for begin, text in ends.items() if text]
    return {**row, "meaning": " ".join([row["meaning"], *said]).strip()}


def in_full(choice: ChoiceView) -> list[list[Row]]:
    """Return the tables, without headings, of one choice: its facts, and what its values mean."""
    facts = {name: text or "-" for name, text in choice.summary().items()}
    return [_pairs(pairs) for pairs in (facts, choice.facts.meanings) if pairs]


def _pairs(texts: Mapping[str, str]) -> list[Row]:
    return [{" ": name, "  ": text} for name, text in texts.items()]
