"""Writes timed training steps to stdout."""

from collections.abc import Sequence
from typing import Any

from paretocaps.cli.numbers import number_text
from paretocaps.cli.output import Row, rows_table, say, show, write_rows
from paretocaps.report.tables import with_prefix

_RIGHT = (
    "step",
    "epoch",
    "published",
    "relative",
    "published relative",
    "of peak FLOP/s",
    "memory",
    "ratio",
    "CPU",
    "CPU ratio",
)


def write_bench(rows: Sequence[Row], form: str) -> None:
    """Write the rows of `service.bench` as `form`; of a table the device is in a line of its own."""
    if form != "table":
        write_rows(rows, form)
        return
    say(f"device: {rows[0]['device']}")
    named = any(row["design"] for row in rows)
    show(rows_table([_cells(row, named) for row in rows], right=_RIGHT))
    for row in rows:
        batch = f"batch {row['batch']}" if row["design"] is None else f"{row['design']}, batch {row['batch']}"
        say(f"{batch}: {row['tuning']}")
    if any(row["loaded"] for row in rows):
        say(
            "the machine was busy with something else, too: seconds are too long, ratios are less affected,"
            " and CPU ratios least"
        )


def _cells(row: Row, named: bool) -> dict[str, Any]:
    cells: dict[str, Any] = {"design": row["design"] or "baseline"} if named else {}
    cells |= {
        "batch": row["batch"],
        "precision": row["precision"],
        "step": f"{number_text(row['step_s'])} s",
        **({} if row["cpu_s"] is None else {"CPU": f"{number_text(row['cpu_s'])} s"}),
        "epoch": f"{number_text(row['epoch_s'])} s",
        **_published(row),
        "images/s": row["images_s"],
        "of peak FLOP/s": f"{100 * row['flops_share']:.0f} %",
        "memory": with_prefix(row["peak_bytes"], "B"),
    }
    if row["against"]:
        ratio = f"{row['ratio']:.2f}x ({row['ratio_min']:.2f} to {row['ratio_max']:.2f})"
        cells |= {"against": row["against"], "ratio": ratio}
        if row["cpu_ratio"] is not None:
            cells["CPU ratio"] = f"{row['cpu_ratio']:.2f}x"
    return cells


def _published(row: Row) -> dict[str, str]:
    """Return the cells of a published sweep: its seconds, and both relative to the largest batch size."""
    if "published_epoch_s" not in row:
        return {}
    seconds, own, theirs = (
        row[name] for name in ("published_epoch_s", "relative_epoch", "published_relative_epoch")
    )
    return {
        "published": "-" if seconds is None else f"{number_text(seconds)} s",
        "relative": "-" if own is None else f"{own:.2f}x",
        "published relative": "-" if theirs is None else f"{theirs:.2f}x",
    }
