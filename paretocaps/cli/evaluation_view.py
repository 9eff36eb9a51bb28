"""Writes the evaluation of a network to stdout."""

from collections.abc import Mapping
from typing import Any

from paretocaps.cli.output import rows_table, say, show, write_csv, write_json
from paretocaps.service.evaluating import told_precision

_RIGHT = ("precision", "recall", "f1", "auc", "acc")


def write_evaluation(found: Mapping[str, Any], form: str) -> None:
    """Write `service.Evaluation.as_dict` as `form`; CSV and the table have one row per class."""
    if form == "json":
        write_json(found)
    elif form == "csv":
        write_csv(found["classes"])
    else:
        _say_headlines(found)
        show(rows_table([_cells(row) for row in found["classes"]], right=_RIGHT))


def _say_headlines(found: Mapping[str, Any]) -> None:
    low, high = found["interval"]
    say(f"{found['images']:,} images of the {found['part']} part of {found['data']}, on {found['device']}")
    say(f"computed in {found['precision']}{told_precision(found['precision'])}")
    lines = {
        "accuracy": f"{found['acc']:.4f} (95 % interval {low:.4f} to {high:.4f})",
        "top 5": _four(found["top5"]),
        "F1": f"{_four(found['macro']['f1'])} (mean over classes)",
        "AUC": f"{_four(found['auc'])} (mean over classes)",
        "ECE": f"{_four(found['ece'])} (the confidence is {found['confidence']})",
        "robust": _four((found["robust"] or {}).get("mean")),
    }
    rows = [{"": name, " ": text} for name, text in lines.items() if not text.startswith("-")]
    show(rows_table(rows))
    if found["members"]:
        show(
            rows_table(
                [{"member": one["name"], "acc": _four(one["acc"])} for one in found["members"]], _RIGHT
            )
        )


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: _four(row[name]) for name in ("precision", "recall", "f1")}
    return {"class": row["name"], **shown, "images": row["support"], "auc": _four(row["auc"])}


def _four(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
