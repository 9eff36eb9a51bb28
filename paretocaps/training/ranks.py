"""Several processes train one job together: each takes its share of every batch (DDP)."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from pydantic import TypeAdapter
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from paretocaps.models.network import Network
from paretocaps.training.share import Share

STEP_SECONDS = 120.0
"""How long a rank waits for the others within a step, in which all do the same work."""
_CONTROL = timedelta(days=1)  # long, because the others wait while the first rank evaluates and writes
_PREPARED = "prepared"

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """The ranks of a training, as seen by one of them; by default there is only one.

    Attributes:
        rank: this rank's number, 0 to size - 1; rank 0 measures, evaluates and writes.
        size: how many ranks there are.
        local: this rank's number on its machine.
        control: the process group for objects other than gradients; None where there is only one rank.
    """

    rank: int = 0
    size: int = 1
    local: int = 0
    control: Any = None

    @property
    def share(self) -> Share:
        """This rank's share of every batch."""
        return Share(self.rank, self.size)

    def device(self, names: str) -> str:
        """Return this rank's device from `names`: "cpu" for all, or one per rank, "cuda:0,cuda:1"."""
        return names.split(",")[self.local] if "," in names else names

    def from_first(self, produce: Callable[[], T], form: type[T]) -> T:
        """Call `produce` on the first rank only, and return its result on every rank; it is sent as JSON.

        Args:
            produce: returns the value; the other ranks do not call it.
            form: the type of the value, as pydantic understands it.
        """
        if self.size == 1:
            return produce()
        adapter = TypeAdapter(form)
        sent = adapter.dump_json(produce()) if self.rank == 0 else b""
        return adapter.validate_json(self._bytes_from_first(sent))

    def tensors_from_first(self, produce: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        """Call `produce` on the first rank only, and return its tensors on every rank.

        Where there are several ranks, the tensors are on the CPU; they are sent as safetensors.
        """
        if self.size == 1:
            return produce()
        sent = b""
        if self.rank == 0:  # safetensors refuses tensors that share memory or have gaps in it
            sent = save({name: part.clone().contiguous() for name, part in produce().items()})
        return load(self._bytes_from_first(sent))

    def _bytes_from_first(self, content: bytes) -> bytes:
        """Return the first rank's `content`; torch's own way to send objects pickles them."""
        length = torch.tensor([len(content)])
        dist.broadcast(length, src=0, group=self.control)
        sent = torch.frombuffer(bytearray(content or int(length)), dtype=torch.uint8)
        dist.broadcast(sent, src=0, group=self.control)
        return sent.numpy().tobytes()

    def total(self, value: Tensor) -> Tensor:
        """Return the sum of every rank's `value`."""
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def each(self, value: Tensor) -> tuple[float, ...]:
        """Return the `value` of every rank, a scalar, by rank; all ranks call it together."""
        values = torch.zeros(self.size, dtype=value.dtype, device=value.device)
        values[self.rank] = value
        return tuple(self.total(values).tolist())

    def own(self, values: Sequence[float]) -> float:
        """Return this rank's part of what `each` returned; of another number of ranks, the first has all."""
        if len(values) == self.size:
            return values[self.rank]
        return sum(values) if self.rank == 0 else 0.0

    def synchronised(self, network: Network) -> Network:
        """Return `network` with batch norms over all ranks' images; only on GPUs, as gloo lacks them."""
        on_gpu = any(parameter.is_cuda for parameter in network.parameters())
        if self.size == 1 or not on_gpu or not _batch_norms(network):
            return network
        converted: Network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return converted

    def wrapped(self, network: Network) -> nn.Module:
        """Return a module that averages the gradients of `network` over the ranks in every backward pass.

        It gives every rank the weights of the first.
        """
        if self.size == 1:
            return network
        device = next(network.parameters()).device
        return DistributedDataParallel(
            network,
            device_ids=[device] if device.type == "cuda" else None,
            gradient_as_bucket_view=True,
        )

    def remarks(self, network: Network) -> list[str]:
        """Return what several ranks change about the training of `network`."""
        norms = _batch_norms(network)
        if self.size == 1 or not norms or isinstance(norms[0], nn.SyncBatchNorm):
            return []
        return [
            f"batch norms saw each rank's share of a batch, not the whole batch: with {self.size} ranks on a"
            " CPU losses differ from those of one rank"
        ]


ALONE = Ranks()
"""The only rank of its training: there is no other process and no communication."""


@contextmanager
def group_of(rank: int, size: int, local: int, store: Any, backend: str) -> Iterator[Ranks]:
    """Join the group of ranks that meet at `store`, until the context ends.

    Args:
        rank, size, local: as in `Ranks`.
        store: a `torch.distributed.Store` that all ranks share; None where the environment gives the meeting
            point (MASTER_ADDR, MASTER_PORT).
        backend: "nccl" or "gloo".
    """
    met = _met(rank, size) if store is None else store
    within = timedelta(seconds=STEP_SECONDS)
    dist.init_process_group(backend, rank=rank, world_size=size, timeout=within, store=met)
    try:
        with warnings.catch_warnings():
            # torch warns that gradients of kernels with one channel are copied slowly
            warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
            yield Ranks(rank, size, local, dist.new_group(backend="gloo", timeout=_CONTROL))
    finally:
        dist.destroy_process_group()


def _met(rank: int, size: int) -> Any:
    """Return the store of torchrun's ranks, once the first one, which prepares the training, is there."""
    met = dist.rendezvous("env://", rank, size, timeout=_CONTROL if rank else timedelta(seconds=STEP_SECONDS))  # type: ignore[attr-defined]
    store, _, _ = next(met)
    if rank == 0:
        store.set(_PREPARED, "")
    store.wait([_PREPARED], _CONTROL)
    store.set_timeout(timedelta(seconds=STEP_SECONDS))
    return store


def _batch_norms(network: nn.Module) -> list[nn.Module]:
    """Return the batch norms that are trained."""
    norms = [module for module in network.modules() if isinstance(module, (nn.BatchNorm2d, nn.SyncBatchNorm))]
    return [norm for norm in norms if any(parameter.requires_grad for parameter in norm.parameters())]
