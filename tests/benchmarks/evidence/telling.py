"""What the pages say of the evidence, made from the kept result."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"
NAME = "evidence"
_AT = ("25", "50", "100", "200")


def kept() -> dict[str, Any] | None:
    """Return the kept result; None where there is none yet."""
    path = RESULTS / f"{NAME}.json"
    found: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
    return found


def page() -> str:
    """Return the tables and the picture of the page on the evidence."""
    found = kept()
    if found is None:
        return "No result is kept yet."
    seeds = f"{found['seeds']} seeds per method and table, or as said"
    texts = [f"Played on {found['device']}, {found['date']}, {seeds}."]
    texts += [
        "| criterion | measured | target |\n|---|---|---|\n" + "\n".join(map(_figure, found["figures"]))
    ]
    for table, methods in found["tables"].items():
        head = f"| {table} | {' | '.join(f'{n} trials' for n in _AT)} | time share | CPU s a run |"
        lines = [head, "|---" * 7 + "|"]
        lines += [_row(_named(name, one, found["seeds"]), one) for name, one in methods.items()]
        texts.append("\n".join(lines))
    texts.append(f"<div>{(RESULTS / f'{NAME}.svg').read_text()}</div>")  # a block that Markdown leaves alone
    return "\n\n".join(texts)


def _figure(one: dict[str, Any]) -> str:
    spread = f" ({one['min']:.3g} to {one['max']:.3g}, n={one['n']})" if one["n"] > 1 else ""
    return f"| {one['figure']} | {one['median']:.3g}{spread} | {one['target'] or '-'} |"


def _named(method: str, one: dict[str, Any], seeds: int) -> str:
    return method if one["runs"] == seeds else f"{method} ({one['runs']} seeds)"


def _row(name: str, one: dict[str, Any]) -> str:
    cells = [
        f"{m:.3f} ({low:.3f} to {high:.3f})" for low, m, high in (one["at"].get(n, ()) or _NONE for n in _AT)
    ]
    share = f"{one['time_share'][1]:.2f}" if "time_share" in one else "-"
    return f"| {name} | {' | '.join(cells)} | {share} | {one['cpu']:.1f} |".replace("nan (nan to nan)", "-")


_NONE = (float("nan"),) * 3


def claim() -> str:
    """Return the README's claim: what the default search has against plain TPE; empty without a result."""
    found = kept()
    if found is None:
        return ""
    rows, ahead = [], 0
    for table, methods in found["tables"].items():
        mine, other = methods.get("default", {}), methods.get("plain", {})
        if "50" in mine.get("at", {}) and "100" in other.get("at", {}):
            ours, theirs = mine["at"]["50"][1], other["at"]["100"][1]
            ahead += ours >= theirs
            with_designs = methods.get("default, designs", {}).get("time_share")
            share = f"{with_designs[1]:.2f}" if with_designs else "-"
            rows.append(f"| {table} | {ours:.3f} | {theirs:.3f} | {mine['time_share'][1]:.2f} | {share} |")
    if not rows:
        return ""
    return "\n".join(
        [
            f"On {ahead} of {len(rows)} tables the search has after 50 trials at least the hypervolume that"
            " Optuna's TPE has after 100 (1 is the whole true front; median of"
            f" {found['seeds']} seeds). The part of TPE's time is how much of the training time of these 100"
            " the search takes to TPE's result. `optimize` trains the papers' designs first unless told"
            " otherwise; here only the last column does, where a table has"
            " designs. The first four tables chose the default; what missed its goal is"
            " [there](docs/evidence.md#result), too.",
            "",
            "| table | search, 50 trials | TPE, 100 trials | part of TPE's time | with designs |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )
