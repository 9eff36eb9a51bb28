"""Records the tensor operations of a pass on a CPU, and replays them without Python and autograd.

A pass of a small network is hundreds of operations on few numbers: calling them takes longer than they do.
Replayed operations are the same, so that no loss changes by a bit.
"""

import copy
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from paretocaps.models.network import Network

Loss = Callable[[Network, Tensor, Tensor], Tensor]
"""Returns the loss of a network for images and labels, a scalar."""

_OWN = "paretocaps.", "torch."  # modules of other packages may do something else in each pass


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
        with torch.random.fork_rng(devices=[]), _Recorder() as recorder:
            value = loss(recorded, images, labels)
            trained = [parameter for parameter in recorded.parameters() if parameter.requires_grad]
            found = torch.autograd.grad(value, trained, allow_unused=True)
        _check_calls(recorder.calls, list(recorded.buffers()))
        gradients = dict(zip(map(id, trained), found, strict=True))
        pairs = [
            (own, gradients.get(id(parameter)))
            for own, parameter in zip(network.parameters(), recorded.parameters(), strict=True)
        ]
        self._trained = [own for own, gradient in pairs if gradient is not None]
        self._own = [*(own.detach() for own, _ in pairs), *network.buffers(), *given]
        results = [value, *(gradient for _, gradient in pairs if gradient is not None)]
        sources = [*recorded.parameters(), *recorded.buffers(), *given, images, labels]
        self._function = _replayable(recorder.calls, sources, results, self._copies(images, labels))
        self._check(results, self._copies(images, labels))

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Give the parameters the gradients of a batch's loss, and return that loss, a scalar."""
        loss, *gradients = self._replayed(*self._own, images, labels)
        for parameter, gradient in zip(self._trained, gradients, strict=True):
            parameter.grad = gradient
        return loss

    def _copies(self, images: Tensor, labels: Tensor) -> list[Tensor]:
        """Return copies of all that a pass reads, which it may change."""
        return [tensor.clone() for tensor in (*self._own, images, labels)]

    def _replayed(self, *given: Tensor) -> tuple[Tensor, ...]:
        # optimised, the graph's operations could be others
        with torch.no_grad(), torch.jit.optimized_execution(False):
            return self._function(*given)

    def _check(self, results: Sequence[Tensor], given: Sequence[Tensor]) -> None:
        for expected, found in zip(results, self._replayed(*given), strict=True):
            if not torch.equal(expected, found) or expected.stride() != found.stride():
                raise RuntimeError("replayed operations have another result")
        for parameter, gradient in zip(self._trained, results[1:], strict=True):
            if gradient.stride() != parameter.stride():  # which optimisers read side by side
                raise RuntimeError("a gradient has another order in memory than its parameter")


class _Call(NamedTuple):
    function: Any
    arguments: tuple[tuple[Any, ...], dict[str, Any]]
    result: Any


class _Recorder(TorchDispatchMode):
    """Keeps all calls of tensor operations, below autograd and autocast."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[_Call] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        arguments = args, kwargs or {}
        result = function(*args, **arguments[1])
        self.calls.append(_Call(function, arguments, result))
        return result


def _check_modules(network: Network) -> None:
    for module in network.modules():
        if not type(module).__module__.startswith(_OWN):
            raise RuntimeError(f"{type(module)} may do something else in each pass")


def _check_calls(calls: Sequence[_Call], buffers: Sequence[Tensor]) -> None:
    """Check that the calls are the same in each pass, and change nothing but buffers and their own results."""
    kept, known = {_place(buffer) for buffer in buffers}, set[int]()
    outside: set[int] = set()
    for call in calls:
        outside |= {_place(tensor) for tensor in _tensors(call.arguments) if id(tensor) not in known}
        known |= {id(tensor) for tensor in _tensors(call.result)}
    for function, _, result in calls:
        changed = {_place(tensor) for tensor in _tensors(result)} if function._schema.is_mutable else set()
        varies = {torch.Tag.nondeterministic_seeded, torch.Tag.data_dependent_output} & {*function.tags}
        if varies or changed & (outside - kept):
            raise RuntimeError(f"{function} is not the same in each pass")


def _replayable(
    calls: Sequence[_Call], sources: Sequence[Tensor], results: Sequence[Tensor], given: Sequence[Tensor]
) -> Callable[..., tuple[Tensor, ...]]:
    """Return a function that makes the calls with what it is given for `sources`, and returns the `results`.

    Args:
        calls: the calls.
        sources: the tensors that are replaced.
        results: those that are returned.
        given: tensors to be given once, which the calls may change.
    """

    def replay(*given: Tensor) -> tuple[Tensor, ...]:
        now = dict(zip(map(id, sources), given, strict=True))
        for function, arguments, result in calls:
            args, kwargs = tree_map_only(Tensor, lambda tensor: now.get(id(tensor), tensor), arguments)
            made = _tensors(function(*args, **kwargs))
            now.update(zip(map(id, _tensors(result)), made, strict=True))
        return tuple(now[id(result)] for result in results)

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # nothing else replays without a compiler
        function: Callable[..., tuple[Tensor, ...]] = torch.jit.trace(replay, tuple(given), check_trace=False)
        return function


def _tensors(nested: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(nested) if isinstance(leaf, Tensor)]


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
