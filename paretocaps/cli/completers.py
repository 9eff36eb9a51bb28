"""What a shell offers for the value of an option or an argument: whatever can be found out at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType

import click
from click.shell_completion import CompletionItem

from paretocaps import service
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.domain.trainer import TRAINERS

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
"""A function of the context, the parameter and the word that is not complete (click's `shell_complete`)."""

_Offered = Iterable[tuple[str, str]]
"""Values, each with a line that explains it, or an empty text."""

_Listing = Callable[[], Iterable[Mapping[str, str]]]


def _offering(find: Callable[[click.Context, str], _Offered]) -> Completer:
    """Return a completer that offers what `find` finds and begins with the word; a fault offers nothing."""

    def complete(context: click.Context, _: click.Parameter, word: str) -> list[CompletionItem]:
        with suppress(Exception):  # a message would be written into the command line
            return [
                CompletionItem(value, help=text or None)
                for value, text in find(context, word)
                if value.startswith(word)
            ]
        return []

    return complete


def _listed(rows: _Listing, name: str, text: str = "description") -> Completer:
    """Return a completer that offers the column `name` of a listing, with what its column `text` says."""
    return _offering(lambda _context, _word: ((row[name], row[text]) for row in rows()))


def one_of(*values: str) -> Completer:
    """Return a completer that offers `values`."""
    return _offering(lambda _context, _word: ((value, "") for value in values))


def path(kind: str) -> Completer:
    """Return a completer that has the shell offer paths: of files (`kind` is "file") or folders ("dir")."""
    return lambda _context, _parameter, word: [CompletionItem(word, type=kind)]


def _studies(context: click.Context, _: str) -> _Offered:
    names = service.study_names(context.params.get("storage") or DEFAULT_STORAGE)
    return [(name, "") for name in names]


def _objectives(_context: click.Context, _word: str) -> _Offered:
    rows = ((row["objective"], row["description"]) for row in service.objectives())
    return [(name, text) for name, text in rows if "(" not in name]  # no shell takes one without quotes


def _several_objectives(context: click.Context, word: str) -> _Offered:
    """Yield objectives for the last place of a list that is separated by commas."""
    before, comma, _ = word.rpartition(",")
    named = before.split(",")
    return [(before + comma + name, text) for name, text in _objectives(context, word) if name not in named]


def _preferred_objectives(context: click.Context, word: str) -> _Offered:
    return [(f"{name}=", text) for name, text in _several_objectives(context, word)]


def _designs(context: click.Context, _word: str) -> _Offered:
    return [(name, "") for name in TRAINERS.get(_trainer(context)).designs]


def _spaces(context: click.Context, _word: str) -> _Offered:
    return [(name, "") for name in TRAINERS.get(_trainer(context)).spaces]


def _choices(context: click.Context, _word: str) -> _Offered:
    return [(one.facts.name, one.facts.description) for one in service.choices(_trainer(context))]


def _settings(context: click.Context, word: str) -> Iterator[tuple[str, str]]:
    """Yield `NAME=`, and where the name is complete `NAME=VALUE` for each value that can be listed."""
    name, equals, _ = word.partition("=")
    if not equals:
        yield from ((f"{choice}=", text) for choice, text in _choices(context, word))
        return
    for choice in service.choices(_trainer(context), name):
        for value in choice.listed:
            yield f"{name}={value}", choice.facts.meanings.get(value, "")


def _executors(_context: click.Context, _word: str) -> _Offered:
    from paretocaps.execution.executor import EXECUTORS

    return [(name, "") for name in EXECUTORS]


def _rules(_context: click.Context, _word: str) -> _Offered:
    from paretocaps.search.stopping.stopper import STOPPERS

    return [(name, "") for name in STOPPERS]


def _trainer(context: click.Context) -> str:
    name: str | None = context.params.get("trainer")
    return name or "capsnet"


STUDIES = _offering(_studies)
CHOICES = _offering(_choices)
SPECS = _listed(service.specs, "spec", "about")
STUDIES_OR_FOLDERS: Completer = lambda *given: STUDIES(*given) or path("dir")(*given)  # noqa: E731
COMPLETERS: Mapping[str, Completer] = MappingProxyType(
    {
        "--study": STUDIES,
        "--from": STUDIES,
        "--storage": path("file"),
        "--objectives": _offering(_several_objectives),
        "--require": _offering(_objectives),
        "--aim": _offering(_several_objectives),
        "--best": _offering(_objectives),
        "--prefer": _offering(_preferred_objectives),
        "--set": _offering(_settings),
        "--design": _offering(_designs),
        "--trainer": _listed(service.trainers, "trainer"),
        "--space": _offering(_spaces),
        "--sampler": _listed(service.samplers, "sampler"),
        "--stop-early": _offering(_rules),
        "--dataset": _listed(service.datasets, "dataset"),
        "--data": path("dir"),
        "--corrupt": one_of("refuse", "skip"),
        "--channels": one_of("1", "3"),
        "--part": one_of("test", "validation"),
        "--engine": one_of("auto", "onnx", "torch"),
        "--against": one_of("textbook", "baseline"),
        "--executor": _offering(_executors),
        "--device": one_of("auto", "cpu", "cuda"),
        "--artifacts": path("dir"),
        "--run": path("dir"),
        "--output": path("file"),
        "--spec": lambda *given: SPECS(*given) or path("file")(*given),
    }
)
"""What is offered for the values of options, by flag."""
