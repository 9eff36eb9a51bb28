"""Writes what a study samples to stdout."""

from rich.text import Text

from paretocaps.cli.output import rows_table, show, write_json, write_rows
from paretocaps.domain.wording import counted
from paretocaps.service import SpaceView
from paretocaps.service.choosing import value_text


def write_space(view: SpaceView, form: str) -> None:
    """Write a space as `form`: "table" with its size in words, "json", or "csv" of its choices."""
    if form == "json":
        write_json(view.as_dict())
    elif form == "csv":
        write_rows(view.rows(), form)
    else:
        show(rows_table(view.rows()), *(Text(line) for line in ("", *lines(view))))


def lines(view: SpaceView) -> list[str]:
    """Return how many points there are, what is fixed, and what a study begins with, in words."""
    found = [size_text(view)]
    if view.fix:
        fixed = ", ".join(f"{name}={value_text(value)}" for name, value in view.fix.items())
        found.append(f"fixed: {fixed}")
    if view.without_effect:
        found.append(f"without effect, and not sampled: {', '.join(view.without_effect)}")
    if view.designs:
        found.append(f"tried first: {counted(len(view.designs), 'design')} ({', '.join(view.designs)})")
    return found


def size_text(view: SpaceView) -> str:
    """Return how many points a space has: "1,728 points", or those of its listed values beside its ranges."""
    size = view.size
    if not size.ranges:
        return counted(size.combinations, "point")
    many = counted(size.combinations, "combination")
    kind = "a range" if len(size.ranges) == 1 else "ranges"
    verb = "is" if len(size.ranges) == 1 else "are"
    return f"{many} of listed values, each with any number of points: {', '.join(size.ranges)} {verb} {kind}"
