"""Records the tensor operations of a pass on a CPU, and replays them without Python and autograd.

A pass of a small network is hundreds of operations on few numbers: calling them takes longer than they do.
Replayed operations are the same, so that no loss changes by a bit.
"""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from paretocaps.models.network import Network
from paretocaps.models.watched_operations import OperationWatcher

Loss = Callable[[Network, Tensor, Tensor], Tensor]
"""Returns the loss of a network for images and labels, a scalar."""

_OWN = "paretocaps.", "torch."  # modules of other packages may do something else in each pass
_VARYING = {
    torch.Tag.nondeterministic_seeded,
    torch.Tag.data_dependent_output,
    torch.Tag.dynamic_output_shape,
}


class RecordedPass:
    """The forward and backward pass of a network for images of one shape, recorded on a copy of it.

    Args:
        network: the network, in the mode in which it is trained.
        loss: its loss.
        images, labels: a batch to record with.
        given: the tensors that `loss` reads besides, of which the values may change.

    Raises:
        RuntimeError: the pass cannot be recorded, or what was recorded has another result.
    """

    def __init__(
        self, network: Network, loss: Loss, images: Tensor, labels: Tensor, given: Sequence[Tensor] = ()
    ) -> None:
        _check_modules(network)
        recorded = copy.deepcopy(network)
        with torch.random.fork_rng(devices=[]):
            # what the first pass alone computes, and keeps, is not part of the others
            plain = _results(copy.deepcopy(network), loss, images, labels)
            with _Recorder() as recorder:
                value, *gradients = _results(recorded, loss, images, labels)
        _check_calls(recorder.calls, list(recorded.buffers()))
        if not _equal(plain, [value, *gradients]):
            raise RuntimeError("operations that are recorded have another result")
        pairs = zip(_trained(network), gradients, strict=True)
        self._trained = [own for own, gradient in pairs if gradient is not None]
        results = [result for result in (value, *gradients) if result is not None]
        sources = [*recorded.parameters(), *recorded.buffers(), *given, images, labels]
        self._function, self._further = _compiled(recorder.calls, sources, results)
        own = [*(parameter.detach() for parameter in network.parameters()), *network.buffers()]
        self._given = [*own, *given]
        copies = [tensor.clone() for tensor in (*self._given, images, labels, *self._further)]
        if not _equal(results, self._replayed(copies)):
            raise RuntimeError("replayed operations have another result")

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Give the parameters the gradients of a batch's loss, and return that loss, a scalar."""
        loss, *gradients = self._replayed([*self._given, images, labels, *self._further])
        for parameter, gradient in zip(self._trained, gradients, strict=True):
            parameter.grad = gradient
        return loss

    def _replayed(self, given: Sequence[Tensor]) -> list[Tensor]:
        # optimised, they could be other operations
        with torch.no_grad(), torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
            return self._function(*given)


class _Call(NamedTuple):
    """A call of an operation, with its arguments by position and by name."""

    function: Any
    arguments: tuple[tuple[Any, ...], dict[str, Any]]
    result: Any

    @property
    def schema(self) -> Any:
        """What the operation takes."""
        return self.function._schema

    @property
    def varies(self) -> bool:
        """Whether what it does, or how large its result is, may differ from pass to pass."""
        if self.function is torch.ops.aten.index.Tensor:  # as large as its indices are, unless they are masks
            return any(tensor.dtype in (torch.bool, torch.uint8) for tensor in _tensors(self.arguments[0][1]))
        return bool(_VARYING.intersection(self.function.tags))

    @property
    def changed(self) -> list[Any]:
        """The arguments that it changed in place."""
        (positional, named), schema = self.arguments, self.schema.arguments
        given = {**dict(zip((one.name for one in schema), positional, strict=False)), **named}
        return [given.get(one.name) for one in schema if one.alias_info and one.alias_info.is_write]


class _Recorder(OperationWatcher):
    """Keeps all calls of tensor operations, below autograd and autocast."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[_Call] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        arguments = args, kwargs or {}
        result = function(*args, **arguments[1])
        self.calls.append(_Call(function, arguments, result))
        return result


def _trained(network: Network) -> list[nn.Parameter]:
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def _check_modules(network: Network) -> None:
    for module in network.modules():
        if not type(module).__module__.startswith(_OWN):
            raise RuntimeError(f"{type(module)} may do something else in each pass")


def _check_calls(calls: Sequence[_Call], buffers: Sequence[Tensor]) -> None:
    """Check that the calls are the same in each pass, and change only buffers and their own results."""
    kept, made, outside = {_place(buffer) for buffer in buffers}, set[int](), set[int]()
    for call in calls:
        outside |= {_place(tensor) for tensor in _tensors(call.arguments) if id(tensor) not in made}
        made |= {id(tensor) for tensor in _tensors(call.result)}
    for call in calls:
        if call.varies or {_place(tensor) for tensor in _tensors(call.changed)} & (outside - kept):
            raise RuntimeError(f"{call.function} is not the same in each pass")


def _compiled(
    calls: Sequence[_Call], sources: Sequence[Tensor], results: Sequence[Tensor]
) -> tuple[Callable[..., list[Tensor]], list[Tensor]]:
    """Return a function that makes the calls, and the further tensors that it takes, which never change.

    The function first takes what is put in the place of the `sources`, and it returns the `results`.
    """
    names = {id(tensor): f"s{number}" for number, tensor in enumerate(sources)}
    taken = list(names.values())
    further: list[Tensor] = []
    lines: list[str] = []
    for number, call in enumerate(calls):
        for tensor in _tensors(call.arguments):
            if id(tensor) not in names:
                names[id(tensor)] = f"f{len(further)}"
                taken.append(names[id(tensor)])
                further.append(tensor)
        lines.append(f"v{number} = {_text(call, names)}")
        many = isinstance(call.result, (tuple, list))
        for place, tensor in enumerate(call.result if many else [call.result]):
            names[id(tensor)] = f"v{number}[{place}]" if many else f"v{number}"
    lines.append(f"return [{', '.join(names[id(result)] for result in results)}]")
    code = "\n    ".join([f"def replay({', '.join(taken)}):", *lines]) + "\n"
    return torch.jit.CompilationUnit(code).replay, further


def _text(call: _Call, names: Mapping[int, str]) -> str:
    """Return a call in torch's scripting language."""
    positional, named = call.arguments
    types = {argument.name: str(argument.type) for argument in call.schema.arguments}
    texts = [_literal(value, kind, names) for value, kind in zip(positional, types.values(), strict=False)]
    texts += [f"{name}={_literal(value, types[name], names)}" for name, value in named.items()]
    return f"torch.ops.{call.schema.name.replace('::', '.')}({', '.join(texts)})"


def _literal(value: Any, kind: str, names: Mapping[int, str]) -> str:
    """Return the text of an argument whose type in the operation's schema is `kind`."""
    if isinstance(value, Tensor):
        return names[id(value)]
    if isinstance(value, (tuple, list)):
        kind = kind[len("Optional[") : -1] if kind.startswith("Optional[") else kind
        inner = kind[len("List[") : -1]
        texts = ", ".join(_literal(one, inner, names) for one in value)
        return f"[{texts}]" if value else f"torch.jit.annotate({kind}, [])"
    if ("float" in kind and isinstance(value, int)) or isinstance(value, float):
        return f'float("{float(value)!r}")' if not math.isfinite(value) else repr(float(value))
    if isinstance(value, torch.device):
        return f'torch.device("{value}")'
    return repr(value) if value is None or isinstance(value, (bool, int, str)) else str(value)


def _results(network: Network, loss: Loss, images: Tensor, labels: Tensor) -> list[Tensor | None]:
    """Return the loss and the gradients of all parameters that are trained, None for one without."""
    value, trained = loss(network, images, labels), _trained(network)
    found = torch.autograd.grad(value, trained, allow_unused=True)
    return [value, *map(_in_order_of, trained, _apart(found))]


def _equal(ones: Sequence[Tensor | None], others: Sequence[Tensor | None]) -> bool:
    """Return whether two passes have the same results, bit for bit and in the same order in memory."""
    return all(
        one is other
        or (
            one is not None
            and other is not None
            and torch.equal(one, other)
            and one.stride() == other.stride()
        )
        for one, other in zip(ones, others, strict=True)
    )


def _apart(gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Return gradients of which no two are the same tensor: what changes one in place leaves the others."""
    seen: set[int] = set()
    apart = []
    for gradient in gradients:
        apart.append(gradient.clone() if gradient is not None and id(gradient) in seen else gradient)
        seen.add(id(gradient))
    return apart


def _in_order_of(parameter: Tensor, gradient: Tensor | None) -> Tensor | None:
    """Return a gradient in its parameter's order in memory, in which optimisers read the two."""
    if gradient is None or gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


def _tensors(nested: Any) -> list[Tensor]:
    if isinstance(nested, Tensor):
        return [nested]
    if isinstance(nested, dict):
        nested = list(nested.values())
    return [tensor for one in nested for tensor in _tensors(one)] if isinstance(nested, (tuple, list)) else []


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
