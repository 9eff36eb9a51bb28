"""The form of a new study, made from the schema of its options, and what it says when it comes back."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from paretocaps.errors import UsageError
from paretocaps.service.study_schema import study_schema

Kind = Literal["text", "number", "switch", "select", "checks", "lines", "table"]
UNSET = ""
"""What the form says of an option that is left to its default."""

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Study": ("study", "objectives", "trials", "epochs", "require"),
    "Images": ("images", "limit_train", "limit_validation"),
    "How the images are read": ("channels", "parts", "classes_are_folders", "transpose", "pairs", "corrupt"),
    "Search": ("trainer", "space", "designs", "fix", "sampler", "stop_early", "seed", "repeats"),
    "Ends": ("budget", "until_stable", "timeout"),
}
"""The groups of the form, in order; what is in none of them is in the last one."""
FURTHER = "Further options"
OPEN = ("Study", "Images", "Search")
"""The groups that are open at first."""
_IMAGES = "images"
"""The one field of `dataset` and `data`, of which a study has one: "dataset:mnist" or "data:upload:mine"."""
_AS_TEXT = {"parts": "train=A,test=B"}
"""Tables that an option may have as text, too, and an example."""
_DURATION = "10m, 2h"
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_OF_PYTHON = re.compile(r" \(see `[^`]*`\)|[;.,] None\b.*")
_WIDE = ("checks", "table", "lines")


@dataclass(frozen=True)
class Option:
    """A value that a field may have, its text, and the group that it is listed in."""

    value: str
    text: str
    group: str = ""


@dataclass(frozen=True)
class Field:
    """A field of the form.

    Attributes:
        name: the option of the study.
        kind: how it is asked for.
        help: what it means.
        value: what it has; lines of a field of several.
        options: what can be chosen.
        least, most: the bounds of a number.
        placeholder: the default.
        required: whether it must be filled in.
    """

    name: str
    kind: Kind
    help: str
    value: str = UNSET
    options: tuple[Option, ...] = ()
    least: int | None = None
    most: int | None = None
    placeholder: str = ""
    required: bool = False

    @property
    def wide(self) -> bool:
        """Whether it takes a whole line."""
        return self.kind in _WIDE

    @property
    def chosen(self) -> list[str]:
        """The lines that it has."""
        return [line.strip() for line in self.value.splitlines() if line.strip()]


def groups(
    given: Mapping[str, str], data: Sequence[Option] = (), spaces: Sequence[str] = ()
) -> dict[str, list[Field]]:
    """Return the fields of the form by group.

    Args:
        given: what has been filled in, by the name of the field.
        data: the sets of images that a study may name.
        spaces: the names of the trainer's spaces.
    """
    schema = study_schema()["properties"]
    fields = {name: _field(name, one) for name, one in schema.items() if name not in ("dataset", "data")}
    fields[_IMAGES] = _images(schema["dataset"], data)
    fields["space"] = replace(fields["space"], kind="select", options=_spaces(spaces, given.get("space", "")))
    filled = {name: replace(one, value=given.get(name, one.value)) for name, one in fields.items()}
    placed = {name for names in _GROUPS.values() for name in names}
    found = {title: [filled[name] for name in names] for title, names in _GROUPS.items()}
    return {**found, FURTHER: [one for name, one in filled.items() if name not in placed]}


def options_of(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of a study, by name, that a form was filled in with; those left out are missing.

    Raises:
        UsageError: a table is not TOML.
    """
    fields = {field.name: field for some in groups({}).values() for field in some}
    found: dict[str, Any] = {}
    for name, text in given.items():
        if name == _IMAGES:
            found |= _source(text)
        elif name in fields and text.strip() and (value := _value(fields[name], text)) is not None:
            found[name] = value
    return found


def _value(field: Field, text: str) -> Any:
    """Return what a field says, or None where it says what is the default."""
    if field.kind == "switch":
        return None if text == field.value else text == "yes"
    if field.kind in ("checks", "lines"):
        return replace(field, value=text).chosen
    if field.kind in ("number", "select"):
        return int(text) if _WHOLE.fullmatch(text.strip()) else text.strip()
    return _table(field.name, text) if field.kind == "table" else text.strip()


def _table(name: str, text: str) -> dict[str, Any]:
    """Return a table of choices: TOML, or lines such as lr_max=1e-3 whose texts need no quotes."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        if name != "fix":
            raise UsageError(f"{name} is not valid TOML: {error}") from None
    from paretocaps.service.settings import parse_settings

    return parse_settings([line.strip() for line in text.splitlines() if line.strip()])


def _source(text: str) -> dict[str, str]:
    name, _, value = text.partition(":")
    return {name: value} if name in ("dataset", "data") and value else {}


def _field(name: str, schema: Mapping[str, Any]) -> Field:
    default, shapes = schema.get("default"), {one.get("type"): one for one in _shapes(schema)}
    known = tuple(Option(one, one) for one in schema.get("examples", ()))
    field = Field(name, "text", _help(schema["description"]), placeholder=_shown(default))
    if name == "study":
        return replace(field, placeholder="", required=True)
    if name in _AS_TEXT:
        return replace(field, placeholder=_AS_TEXT[name])
    if "boolean" in shapes:
        both = Option("no", "no"), Option("yes", "yes")
        return replace(field, kind="switch", value="yes" if default else "no", options=both)
    if "array" in shapes:
        lines = "\n".join(default or ())
        return replace(field, kind="checks" if known else "lines", options=known, value=lines)
    if "object" in shapes or "$ref" in str(schema):
        return replace(field, kind="table", placeholder="")
    values = next((one["enum"] for one in _shapes(schema) if "enum" in one), ())
    if listed := known or tuple(Option(str(one), str(one)) for one in values):
        free = (Option("", "as they are"),) if default is None else ()
        return replace(field, kind="select", options=(*free, *listed), value=_shown(default))
    if "integer" in shapes and "string" not in shapes:
        return _number(field, shapes["integer"], default)
    return replace(field, placeholder=_DURATION) if "number" in shapes and default is None else field


def _number(field: Field, schema: Mapping[str, Any], default: object) -> Field:
    """Return a field of a whole number; the two that everybody sets have their defaults filled in."""
    value = _shown(default) if field.name in ("trials", "epochs") else ""
    return replace(field, kind="number", least=schema.get("minimum"), most=schema.get("maximum"), value=value)


def _help(meaning: str) -> str:
    """Return what an option means, without what concerns Python alone."""
    return _OF_PYTHON.sub("", meaning).replace("`", "").rstrip(".") + "."


def _shapes(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from schema.get("anyOf", (schema,))


def _images(schema: Mapping[str, Any], data: Sequence[Option]) -> Field:
    known = [Option(f"dataset:{one}", one, "known by name") for one in schema["examples"]]
    text = "The images to train on: a set known by name, one that was uploaded, or a folder of the data root."
    return Field(_IMAGES, "select", text, "dataset:digits", (*known, *data))


def _spaces(names: Sequence[str], given: str) -> tuple[Option, ...]:
    known = [Option("", "the trainer's own"), *(Option(one, one) for one in names)]
    return tuple(known if given in ("", *names) else [*known, Option(given, given)])


def _shown(default: object) -> str:
    return "" if default is None or isinstance(default, list | dict) else f"{default}"
