"""Trains a network with its optimiser on a device, epoch by epoch, and times the steps."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain, count, pairwise
from typing import Any

import torch
from torch import Tensor

from paretocaps.data.device_loader import Batch, DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.domain.progress import STEP, OnProgress, unheard
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import DivergedError
from paretocaps.models.losses import spread_margin
from paretocaps.models.network import Network
from paretocaps.models.tuned import using
from paretocaps.training.captured import (
    BlockSteps,
    CapturedSteps,
    cause,
    hindrances,
    one_by_one,
    side_stream,
)
from paretocaps.training.freed_memory import keep_freed_memory
from paretocaps.training.kept_tunings import KeptTunings
from paretocaps.training.loss_scaling import GradientScaling
from paretocaps.training.memory import saved_bytes, state_bytes
from paretocaps.training.optimizer import build_optimizer, rate_tensor
from paretocaps.training.precision import default_tuning, fast_float32
from paretocaps.training.ranks import ALONE, Ranks
from paretocaps.training.rehearsal import Rehearsed
from paretocaps.training.step import TrainingStep
from paretocaps.training.stopwatch import Stopwatch
from paretocaps.training.tuner import Tuner

_CUDA_STEPS_A_LAP = 16  # a synchronisation per step would cost small batches more than the step
_CUDA_WARMUP = 3  # steps before a capture, in which libraries choose algorithms and Adam makes its state
_FEWEST_CAPTURED = 10  # steps per epoch; for fewer a graph is not worth capturing


class Learner:
    """Takes optimiser steps and times them.

    On a CUDA device a phase's steps are captured as a graph after the first few, and replayed. Where
    that fails they are taken one by one, with a line in `remarks`.

    Args:
        network: the network to train; it is moved to the device.
        loader: the training images.
        choices: optimiser, precision, loss and accumulation are read from them.
        device: where everything happens.
        captures: whether to capture steps as CUDA graphs; by default wherever there is CUDA. Steps that
            read from the device (by some optimisers, or in fp16) are never captured, nor are those of
            several ranks.
        ranks: the processes that train together; each takes its share of every pass.
        on_progress: receives how many of an epoch's steps are taken.
        tunings: choose how each phase's steps are computed; None for the defaults.
    """

    def __init__(
        self,
        network: Network,
        loader: DeviceLoader,
        choices: Choices,
        device: torch.device,
        captures: bool | None = None,
        ranks: Ranks = ALONE,
        on_progress: OnProgress = unheard,
        tunings: KeptTunings | None = None,
    ) -> None:
        self.device, self.loader, self.ranks = device, loader, ranks
        self.on_progress = on_progress
        fast_float32(device)
        if device.type == "cpu":
            keep_freed_memory()
        rate, network = rate_tensor(device), network.to(device)
        trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        optimizer = build_optimizer(trained, choices, rate)
        self._choices, self._accumulate, self._tunings = choices, choices.accumulate, tunings
        tuning = default_tuning(choices.precision, device)
        self._scaling = GradientScaling(device) if tuning.precision == "fp16" else None
        self._step = TrainingStep(
            network, optimizer, rate, device, tuning, choices.loss, self._scaling, ranks
        )
        wanted = device.type == "cuda" if captures is None else captures
        hindered = hindrances(choices.optimizer, self._scaling is not None, ranks)
        self._captures = wanted and not hindered
        self._warmup = _CUDA_WARMUP if self._captures else 1
        self.stopwatch = Stopwatch(device, self._warmup, waits=ranks.size > 1)
        self._remarks = [one_by_one(why) for why in hindered if wanted]
        self._remarks += ranks.remarks(self._step.network)
        if self._scaling and device.type == "cpu":
            self._remarks.append("fp16 on a CPU is slow: bf16 or fp32 train in less time")
        self.peak_bytes = 0
        """Peak bytes of the training steps so far, without evaluation."""
        self._saved_bytes = 0
        self._batch_size = 0
        self._left = 0
        self._steps = 0, 0
        self._warming = 0
        self._taken = 0
        self._loss = torch.zeros((), device=device)
        self._losses: tuple[float, ...] = ()
        self._captured: CapturedSteps | None = None

    @property
    def network(self) -> Network:
        """The network as trained so far."""
        return self._step.network

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimiser of the network."""
        return self._step.optimizer

    @property
    def within_epoch(self) -> bool:
        """Whether some of an epoch's steps are taken and others are not."""
        return self._taken > 0

    @property
    def remarks(self) -> list[str]:
        """What a reader of the measurement should know: which fallbacks were taken, what was skipped."""
        return [*self._remarks, *(self._scaling.remarks if self._scaling else [])]

    @property
    def tuning(self) -> Tuning:
        """The ways in which this phase's products are computed."""
        return self._step.tuning

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of this phase's convolutions and matrix products."""
        return self._step.dtype

    def replace(self, network: Network, optimizer: torch.optim.Optimizer) -> None:
        """Continue with another network (a pruned one) and its optimiser."""
        self._step.replace(network)
        self._step.optimizer, self._step.head = optimizer, None
        self._batch_size = 0

    def use(self, loader: DeviceLoader, head: Network | None = None) -> None:
        """Continue with another loader's batches: images, or features that `head` reads instead."""
        self.loader, self._step.head = loader, head
        self._batch_size = 0

    def state(self) -> dict[str, Any]:
        """Return all that a later process needs to continue from here, except the network itself."""
        return {
            "optimizer": self.optimizer.state_dict(),
            "scaling": self._scaling.state() if self._scaling else None,
            "stopwatch": self.stopwatch.state(),
            "batch_size": self._batch_size,
            "saved_bytes": self._saved_bytes,
            "peak_bytes": self.peak_bytes,
            "remarks": list(self._remarks),
            "taken": self._taken,
            "losses": self._losses,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state` returned, in the same phase and, within an epoch, after its last step.

        The first steps warm up again, because the process is new.
        """
        # the loaded rate would be another tensor, which nothing fills
        rates = [group["lr"] for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state["optimizer"])
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        if self._scaling and state["scaling"]:
            self._scaling.restore(state["scaling"])
        self.stopwatch.restore(state["stopwatch"])
        self._saved_bytes, self.peak_bytes = state["saved_bytes"], state["peak_bytes"]
        self._remarks = list(dict.fromkeys([*state["remarks"], *self._remarks]))
        if state["batch_size"]:
            self._set_batch(state["batch_size"])
        if state.get("taken"):  # versions before 0.2 kept whole epochs only
            self._taken = state["taken"]
            self._losses = tuple(state["losses"] if "losses" in state else [state["loss"]])
            self._loss.fill_(self.ranks.own(self._losses))

    def keep_losses(self) -> None:
        """Take every rank's loss so far into `state`; within an epoch, all ranks call it together."""
        self._losses = self.ranks.each(self._loss)

    def train_epoch(
        self,
        epoch: int,
        batch_size: int,
        rates: Sequence[float],
        progress: float = 1.0,
        between: Callable[[], None] = lambda: None,
    ) -> float:
        """Take one step per learning rate in `rates` and return the mean loss over the images.

        An epoch that was restored goes on after the steps that were taken.

        Args:
            epoch: the epoch's number, which also decides the order of the images.
            batch_size: images per forward pass; a step takes `choices.accumulate` times as many. Another
                size begins a phase.
            rates: one learning rate per step.
            progress: the share of the training that is over after this epoch, 0 to 1; it sets the margin
                of a spread loss for the whole epoch.
            between: is called between two blocks of steps, on every rank after the same ones, where `state`
                may be taken after `keep_losses`.

        Raises:
            DivergedError: the mean loss is NaN or infinite.
        """
        self.enter_phase(batch_size)
        self._step.spread.fill_(spread_margin(progress))
        self.network.train()
        with self._memory_counted():
            self._left = len(self.loader) - self._taken * batch_size * self._accumulate
            self._steps = self._taken, len(rates)
            places = self.ranks.share.places(len(self.loader), batch_size)
            served = self._taken * self._step_images
            # blocks of the same steps on all ranks, although their shares of a pass may differ by an image
            steps = self.loader.block_steps(self.ranks.share.largest.taken(batch_size) * self._accumulate)
            for block in self.loader.blocks(self._step_images, epoch, places, served, steps):
                last = self._taken + -(-len(block[1]) // self._step_images)
                self._loss += self._train_block(epoch, block, rates[self._taken : last])
                self._taken = last
                if last < len(rates):
                    between()
        self.stopwatch.pause()
        loss = float(self.ranks.total(self._loss)) / len(self.loader)
        self._taken, self._loss, self._losses = 0, torch.zeros((), device=self.device), ()
        if loss != loss or loss in (float("inf"), float("-inf")):
            remedy = ", or take another precision than fp16" if self._scaling else ""
            raise DivergedError(f"the loss became {loss} in epoch {epoch}: lower lr_max{remedy}")
        return loss

    def step(self, images: Tensor, labels: Tensor, rate: float) -> Tensor:
        """Take one optimiser step on a batch at learning rate `rate`; return its loss, a scalar."""
        self._step.rate.fill_(rate)
        return self._step.take(images, labels)

    def walk(self, batch_size: int, rates: Iterable[float]) -> Iterator[float]:
        """Take one step per rate and yield its loss, over as many epochs as the rates reach.

        Nothing is timed, and a spread loss has its last margin. A step is taken only when its loss is asked
        for.

        Args:
            batch_size: images per forward pass.
            rates: one learning rate per step.
        """
        self.enter_phase(batch_size)
        self._step.spread.fill_(spread_margin(1.0))
        self.network.train()
        batches = chain.from_iterable(self.loader.batches(self._step_images, epoch) for epoch in count(1))
        for rate, (images, labels) in zip(rates, batches, strict=False):
            yield float(self.step(images, labels, rate))

    @property
    def _step_images(self) -> int:
        """Images per optimiser step; with several ranks, this rank's share of them."""
        return self.ranks.share.taken(self._batch_size) * self._accumulate

    def _next_step(self, images: Tensor, labels: Tensor, rate: float) -> Tensor:
        """Take the epoch's next step; return the summed losses of its images, or of this rank's share."""
        if self.ranks.size == 1:
            return self.step(images, labels, rate) * len(labels)
        whole = min(self._left, self._batch_size * self._accumulate)
        self._left -= whole
        self._step.rate.fill_(rate)
        return self._step.take(images, labels, self.ranks.share.weights(whole, self._batch_size)) * whole

    def enter_phase(self, batch_size: int) -> None:
        """Where the batch size changes, start the clock's next phase and choose how its steps are computed.

        On a CPU, count its steps' memory.
        """
        if batch_size == self._batch_size:
            return
        self._set_batch(batch_size)
        self.stopwatch.start_phase()
        if self.device.type != "cuda":
            images, labels = self.loader.first(self._step.pass_images)
            with using(self.tuning):
                self._saved_bytes = saved_bytes(self.network, lambda: self._step.loss(images, labels))

    def _set_batch(self, batch_size: int) -> None:
        """Take batches of that size from the next step on; its first steps warm up."""
        self._batch_size, self._warming, self._captured = batch_size, self._warmup, None
        self._step.pass_images = self.ranks.share.taken(batch_size)
        self._step.tuning = self._tuning()

    def _tuning(self) -> Tuning:
        """Return the tuning of the phase's steps, which may have to be measured first."""
        step = self._step
        if self._tunings is None:
            return default_tuning(self._choices.precision, self.device)
        self.on_progress("tuning", 0, 1)
        tuner = Tuner(Rehearsed(step, self._choices, step.pass_images, self.loader.first))
        chosen = self._tunings.choose(tuner, self._batch_size)
        if self.device.type == "cuda":
            gc.collect()  # what the rehearsal compiled holds its tensors in cycles: memory would count them
        return chosen

    def _train_block(self, epoch: int, block: Batch, rates: Sequence[float]) -> Tensor:
        """Take the steps of a block of batches; return its images' summed losses, on the device."""
        total = torch.zeros((), device=self.device)
        while self._warming and rates:
            self._warming -= 1
            first, block = _split(block, self._step_images)
            with self._beside():
                self._laps(epoch, first, rates[:1], total)
            rates = rates[1:]
        if rates and self._capture():
            assert self._captured is not None
            taken, loss = self._captured.replay(block, rates, self.stopwatch, epoch, self._tell)
            _, block = _split(block, taken * self._step_images)
            total, rates = total + loss, rates[taken:]
        self._laps(epoch, block, rates, total)
        return total

    def _laps(self, epoch: int, block: Batch, rates: Sequence[float], total: Tensor) -> None:
        """Take a block's steps one by one, a few per lap; add its images' losses to `total`, in order."""
        batches = zip(*(torch.split(part, self._step_images) for part in block), strict=True)
        on_cuda = self.device.type == "cuda"
        whole = min(self._step_images, self.ranks.share.taken(len(self.loader)))
        each = _CUDA_STEPS_A_LAP if on_cuda else 1
        ends = [*range(each, len(rates), each), len(rates)] if rates else []
        last_is_smaller = on_cuda and len(block[1]) % self._step_images > 0
        if last_is_smaller and len(rates) - 1 not in (0, *ends):
            ends.insert(-1, len(rates) - 1)  # its lap is its own: the others tell what a whole step takes
        for start, end in pairwise((0, *ends)):
            chunk = rates[start:end]
            ready = [next(batches) for _ in chunk]
            smaller = last_is_smaller and end == len(rates)
            typical = on_cuda or len(ready[-1][1]) == whole
            with self.stopwatch.lap(epoch, len(chunk), typical=typical, smaller=smaller):
                for (images, labels), rate in zip(ready, chunk, strict=True):
                    total += self._next_step(images, labels, rate)
            self._tell(epoch, len(chunk))

    def _tell(self, epoch: int, steps: int) -> None:
        """Tell that further steps of an epoch are taken."""
        done, of = self._steps
        self._steps = done + steps, of
        self.on_progress(f"epoch {epoch}{STEP}", done + steps, of)

    def _capture(self) -> bool:
        """Capture a step unless there is one already; return whether there is one then."""
        size = self._step_images
        if self._captured is None and self._captures and len(self.loader) >= _FEWEST_CAPTURED * size:
            room = min(self.loader.block_steps(size), len(self.loader) // size)
            try:
                steps = BlockSteps(self._step, self.loader.image_shape, size, room)
                self._captured = CapturedSteps(steps)
            except (RuntimeError, AssertionError) as error:
                self._captures = False
                self.optimizer.zero_grad(set_to_none=True)
                self._remarks.append(one_by_one(cause(error)))
        return self._captured is not None

    @contextmanager
    def _memory_counted(self) -> Iterator[None]:
        """Count the memory that is used inside the context into `peak_bytes`."""
        cuda = self.device.type == "cuda"
        if cuda:
            torch.cuda.reset_peak_memory_stats(self.device)
        yield
        if cuda:
            self.peak_bytes = max(self.peak_bytes, torch.cuda.max_memory_allocated(self.device))
        else:
            state = state_bytes(self.network, self.optimizer)
            self.peak_bytes = max(self.peak_bytes, self._saved_bytes + state)

    def _beside(self) -> AbstractContextManager[object]:
        """Return the context for steps before a capture: a separate stream, as torch requires."""
        return side_stream(self.device) if self._captures and self.device.type == "cuda" else nullcontext()


def _split(block: Batch, size: int) -> tuple[Batch, Batch]:
    """Return the first `size` images of a block with their labels, and the rest."""
    images, labels = block
    return (images[:size], labels[:size]), (images[size:], labels[size:])
