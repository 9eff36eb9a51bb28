"""Functions whose options are a typed dictionary show each of them by name, also where Python is running."""

import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar, get_type_hints

P = ParamSpec("P")
R = TypeVar("R")


def spelled_out(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function`, whose `**options: Unpack[Options]` are keywords in its signature.

    Type checkers see through `Unpack`; notebooks and `help` complete what `inspect.signature` returns.
    """
    whole = inspect.signature(function)
    own = [one for one in whole.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    (packed,) = (one for one in whole.parameters.values() if one.kind is inspect.Parameter.VAR_KEYWORD)
    options = packed.annotation.__args__[0]
    keywords = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in get_type_hints(options).items()
    ]
    function.__signature__ = whole.replace(parameters=[*own, *keywords])  # type: ignore[attr-defined]
    return function
