"""Trainers that are a function of one's own: what a study samples of them, and how they are registered."""

from collections.abc import Callable, Collection, Mapping
from inspect import Parameter
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, create_model
from pydantic.fields import FieldInfo

from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.condition import Condition
from paretocaps.domain.own_function import OwnFunction, called, has, is_own, keep, kept
from paretocaps.domain.plain_value import is_plain, plain
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.errors import UsageError

_DECLARED: dict[str, TrainerSpec] = {}
"""What `register_trainer` made of functions, by name; a study may give them another space."""

SCHEDULE = ("lr_policy", "lr_max", "batch_schedule", "batch_size", "optimizer", "weight_decay", "augment")
"""The choices of the built-in trainer by which a network of one's own is trained, too."""
_SAMPLED = Space.parse(
    {
        "lr_policy": ["fixed", "one_cycle", "warm_restarts"],
        "lr_max": {"low": 3e-4, "high": 1e-2, "log": True},
        "batch_size": [32, 64, 128],
    }
)


class NetworkChoices(ChoicesModel):
    """The choices by which a network of one's own is trained; its model adds those of the network."""

    conditions: ClassVar[Mapping[str, Condition]] = {"batch_size": Choices.conditions["batch_size"]}

    @classmethod
    def defaults(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the defaults of the chosen optimiser and learning-rate policy."""
        own = {name: value for name, value in values.items() if name in SCHEDULE}
        return {name: value for name, value in Choices.defaults(own).items() if name in SCHEDULE}


def register_trainer(
    trainer: TrainerSpec | Callable[..., Any],
    version: str | None = None,
    space: Mapping[str, Any] | None = None,
    designs: Mapping[str, Mapping[str, Any]] | None = None,
    description: str = "",
) -> TrainerSpec:
    """Register a trainer in this process; an installed package uses an entry point instead.

    A function with a parameter `report` trains by itself: it is called as `function(choices, report)`, and
    returns a dictionary with `acc` and whatever else it measured (see `training.own_function`). Any other
    function, or subclass of `torch.nn.Module`, builds a network, which is trained for it: it is called with
    choices by their names, and with `shape` and `classes` of the images where it has these parameters.

    A function that can be imported is trained in worker processes. One of a notebook, a script or another
    function is trained in this process, which a crash of it ends.

    Args:
        trainer: the trainer.
        version: what a study stores beside the function's name, which goes on with the same version only;
            change it when the function trains otherwise. None is version 1.
        space: the choices that a study samples by default (see `Space.parse`).
        designs: named sets of choices, in the order in which a study tries them first.
        description: one line for `paretocaps trainers`.

    Returns:
        What studies name by its `name`; registering the same name again replaces a function.

    Example:
        ```python
        def train_line(choices, report):
            for epoch in range(report.epochs):
                report(acc=1 - choices["error"] / (epoch + 1))
            return {"params": 2}

        line = paretocaps.register_trainer(train_line, space={"error": {"low": 0.01, "high": 0.5}})
        paretocaps.optimize(study="line", trainer=line, objectives="acc,params", trials=3).front
        ```

    Raises:
        ParetocapsError: the name is taken by another trainer.
        UsageError: the function's parameters, or the space, are not understood.
    """
    if isinstance(trainer, TrainerSpec):
        TRAINERS.register(trainer.name, trainer)
        return trainer
    own = kept(trainer) if version is None else OwnFunction(trainer, str(version))
    spec = _DECLARED[own.name] = register(own, space or {}, designs or {}, description)
    return spec


def register(
    own: OwnFunction,
    space: Mapping[str, Any],
    designs: Mapping[str, Mapping[str, Any]],
    description: str = "",
    fixed: Mapping[str, Any] | None = None,
) -> TrainerSpec:
    """Register a function, in the place of an earlier one of its name and version.

    Args:
        own: the function.
        space, designs, description: see `register_trainer`.
        fixed: choices that a study gives instead of sampling them.
    """
    spec = _spec(own, space, designs, description, fixed or {})
    keep(own)
    TRAINERS.put(spec.name, spec)
    return spec


def registered(function: Callable[..., Any]) -> TrainerSpec | None:
    """Return the trainer as which `register_trainer` registered this very function; None if it did not."""
    return _DECLARED.get(kept(function).name) if has(function) else None


def found(name: str) -> TrainerSpec | None:
    """Return the trainer of a name whose function is registered nowhere here; None for another kind of name.

    It trains jobs, as worker processes do, and knows no space.

    Raises:
        ParetocapsError: the function cannot be imported; the message says what to pass again.
    """
    if not is_own(name):
        return None
    own = called(name)
    if TRAINERS.only_here(name):  # its module registered it when it was imported
        return TRAINERS.get(name)
    return TrainerSpec(name, ChoicesModel, Space(), _target(own))


def _spec(
    own: OwnFunction,
    space: Mapping[str, Any],
    designs: Mapping[str, Mapping[str, Any]],
    description: str,
    fixed: Mapping[str, Any],
) -> TrainerSpec:
    sampled = Space.parse(space)
    values: dict[str, tuple[Any, ...]] = {one.name: tuple(one.values or one.examples()) for one in sampled}
    for design in designs.values():
        for name, value in design.items():
            values[name] = (*values.get(name, ()), value)
    values = {name: (value,) for name, value in fixed.items()} | values
    model = (_function_choices if own.trains else _network_choices)(own, values)
    if not own.trains and not space:
        sampled = _SAMPLED
    return TrainerSpec(
        name=own.name,
        choices=model,
        space=sampled,
        train=_target(own),
        check="" if own.trains else "paretocaps.training.own_network:check_data",
        named_data=not own.trains,
        designs=designs or {"baseline": {}},
        description=description or (own.function.__doc__ or "").strip().partition("\n")[0],
    )


_TAKEN = frozenset(name for name in vars(ChoicesModel) if name.isidentifier() and not name.startswith("_"))
"""What choices have beside their values, which one of such a name would hide."""


def _target(own: OwnFunction) -> str:
    return f"paretocaps.training.own_{'function' if own.trains else 'network'}:train"


def _function_choices(own: OwnFunction, values: Mapping[str, tuple[Any, ...]]) -> type[ChoicesModel]:
    """Return the choices of a function that trains: those that its space and its designs name."""
    fields: dict[str, Any] = {name: _field(given[0], given) for name, given in values.items()}
    _refuse_taken(own, fields)
    return create_model("OwnChoices", __base__=ChoicesModel, **fields)


def _refuse_taken(own: OwnFunction, fields: Collection[str]) -> None:
    for name in fields:
        if name in _TAKEN:
            raise UsageError(f"{own.called}: no choice can be called {name!r}: rename it")


def _network_choices(own: OwnFunction, values: Mapping[str, tuple[Any, ...]]) -> type[ChoicesModel]:
    """Return the choices of a network: its function's parameters, and those by which it is trained."""
    fields: dict[str, Any] = {name: _copied(Choices.model_fields[name]) for name in SCHEDULE}
    for name, default in own.choices.items():
        if name in SCHEDULE:
            raise UsageError(
                f"{own.called} has a parameter {name}, which is a choice of its training: rename it"
            )
        given = values.get(name, ())
        if not given and default is not Parameter.empty and not is_plain(default):
            continue  # such as a class: no study can store it, and the function has it by itself
        if default is Parameter.empty and not given:
            raise UsageError(
                f"{own.called} needs {name}: give it a default, or space={{{name!r}: [...]}} with its values"
            )
        first = given[0] if default is Parameter.empty or not is_plain(default) else default
        fields[name] = _field(first, (*given, first))
    for name in values:
        if name not in fields:
            raise UsageError(
                f"{name} is no parameter of {own.called} and no choice of its training ({', '.join(fields)})"
            )
    _refuse_taken(own, fields)
    return create_model("OwnNetworkChoices", __base__=NetworkChoices, **fields)


def _field(default: Any, values: tuple[Any, ...]) -> Any:
    """Return the field of a choice: of the type that its values have, or of any where they differ."""
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return (float, float(default))
    if len(kinds) == 1 and kinds <= {int, float, str, bool}:
        return (kinds.pop(), default)
    try:
        return (Annotated[Any, BeforeValidator(plain)], plain(default))
    except ValueError as error:
        raise UsageError(str(error)) from None


def _copied(field: FieldInfo) -> Any:
    return (field.annotation, field)
