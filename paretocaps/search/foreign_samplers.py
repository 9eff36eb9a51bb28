"""Optuna samplers of installed packages, which a study names as "module:Class"."""

import inspect
from functools import cache
from importlib.metadata import packages_distributions

import optuna
from optuna.samplers import BaseSampler

from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.registry import resolve
from paretocaps.search.quiet import quietly


def foreign_sampler(target: str, objectives: int) -> type[BaseSampler]:
    """Import and return a sampler class of an installed package; nothing else is imported.

    Args:
        target: "module:Class".
        objectives: how many objectives it is to propose for.

    Raises:
        UsageError: no installed package has the module, or it has no such class of samplers, or this one
            cannot be made from a seed, or it fails for so many objectives.
    """
    module = target.partition(":")[0]
    if module.partition(".")[0] not in _packages():
        raise UsageError(
            f"sampler {target!r}: no installed package has the module {module!r}: install the package"
            " that it is from, or give a name that `paretocaps samplers` lists"
        )
    try:
        found = resolve(target)
    except ParetocapsError as error:
        raise UsageError(f"sampler {target!r}: {error}") from error
    if not (inspect.isclass(found) and issubclass(found, BaseSampler)):
        raise UsageError(f"sampler {target!r} is no class of samplers: give a subclass of BaseSampler")
    _refuse_arguments(target, found)
    _refuse_unfit(target, found, objectives)
    return found


def made(sampler: type[BaseSampler], seed: int) -> BaseSampler:
    """Return a sampler, with the seed if it takes one."""
    takes = "seed" in inspect.signature(sampler).parameters
    return quietly(lambda: sampler(**({"seed": seed} if takes else {})))


def _refuse_arguments(target: str, sampler: type[BaseSampler]) -> None:
    variable = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    for one in inspect.signature(sampler).parameters.values():
        if one.default is one.empty and one.kind not in variable and one.name != "seed":
            raise UsageError(
                f"sampler {target!r} needs the argument {one.name!r}: register a `Sampler` that gives it"
                " through the entry-point group paretocaps.samplers"
            )


def _refuse_unfit(target: str, sampler: type[BaseSampler], objectives: int) -> None:
    """Refuse a sampler that cannot propose a value in a study of so many objectives."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(directions=["minimize"] * objectives, sampler=made(sampler, 0))
        study.ask().suggest_int("x", 0, 9)
    except Exception as error:
        why = " ".join(str(error).split())
        raise UsageError(f"sampler {target!r} fails for {objectives} objectives: {why}") from error


@cache
def _packages() -> frozenset[str]:
    """Return the top-level modules of the installed packages."""
    return frozenset(packages_distributions())
