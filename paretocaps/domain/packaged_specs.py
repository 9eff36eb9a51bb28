"""The study files that come with the package: the papers' tables, and the demo."""

from importlib.resources import files

from paretocaps.errors import UnknownNameError

PREFIX = "paretocaps:"
"""The beginning of the name of a study file that comes with the package."""
_FOLDER = files("paretocaps.domain") / "specs"
_SUFFIX = ".toml"


def packaged_specs() -> list[str]:
    """Return the names of the study files that come with the package, without the prefix, sorted."""
    return sorted(
        file.name.removesuffix(_SUFFIX) for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX)
    )


def packaged_text(name: str) -> str:
    """Return the study file called `name`, with or without the prefix.

    Raises:
        UnknownNameError: there is no such file; the message suggests the nearest one.
    """
    own, known = name.removeprefix(PREFIX), packaged_specs()
    if own not in known:
        raise UnknownNameError("study file of the package", own, known)
    return (_FOLDER / f"{own}{_SUFFIX}").read_text(encoding="utf-8")


def title(text: str) -> str:
    """Return the title of a study file: the first paragraph of the comment at its head."""
    lines = []
    for line in text.splitlines():
        words = line.removeprefix("#").strip()
        if not line.startswith("#") or not words:
            break
        lines.append(words)
    return " ".join(lines)
