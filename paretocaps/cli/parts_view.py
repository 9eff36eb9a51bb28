"""Writes the network that choices build to stdout: its parts and their shares."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from paretocaps.cli.output import Row, rows_table, say, show, write_csv, write_json
from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.families.families import FAMILIES
from paretocaps.host import host_memory
from paretocaps.report.beside_baseline import choices_beside
from paretocaps.report.tables import with_prefix

_EVENLY = (
    "pruned evenly here; a training keeps the best of several networks with about the same multiply-adds"
    " but other parameter counts"
)
SHARES = ("% of params", "% of multiply-adds")


_SMALLER = "set a smaller image_size or batch_size, or decoder=none"


def write_description(description: Row, choices: Mapping[str, Any], trainer: str, form: str) -> None:
    """Write a network's {params, macs, capsules, parts, memory} to stdout; CSV has the parts.

    Args:
        description: the network, as the service returns it.
        choices: the canonical choices.
        trainer: the trainer of the choices.
        form: "table", "json" or "csv".
    """
    if form == "json":
        write_json(description)
    elif form == "csv":
        write_csv(description["parts"])
    else:
        say(f"choices: {choices_beside(choices, Baseline.of(trainer, {}))}")
        if choices.get("pruning_ratio") and FAMILIES.get(choices["family"]).prunes == "trunk":
            say(_EVENLY)
        capsules = description["capsules"]
        below = [Text(f"primary capsules: {capsules:,}")] if capsules else []
        memory = with_prefix(description["memory"], "B")
        machine = host_memory()
        if description["memory"] > machine:
            whole = with_prefix(machine, "B")
            say(f"a training needs more memory than the {whole} of this machine: {_SMALLER}")
        below.append(Text(f"memory of a training: about {memory} at batch size {description['batch_size']}"))
        show(rows_table(with_shares(description), right=SHARES), *below)


def with_shares(description: Row) -> list[dict[str, Any]]:
    """Return one row per part and one for all, with their shares of the parameters and multiply-adds."""
    whole = {"name": "all", "params": description["params"], "macs": description["macs"]}
    return [
        {
            "part": part["name"],
            "params": part["params"],
            SHARES[0]: _percent(part["params"], whole["params"]),
            "multiply-adds": part["macs"],
            SHARES[1]: _percent(part["macs"], whole["macs"]),
        }
        for part in (*description["parts"], whole)
    ]


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"
