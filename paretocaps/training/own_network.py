"""Trains a network of one's own on images: cross-entropy, and the built-in schedules and optimisers."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import DataSplits
from paretocaps.data.last_read import forget
from paretocaps.data.raw_splits import read_splits
from paretocaps.data.reading import reading
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.collapse import is_collapsed
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement, Predictions, best_epoch
from paretocaps.domain.own_function import called
from paretocaps.domain.own_trainer import SCHEDULE
from paretocaps.domain.progress import STEP, OnProgress, progress_of
from paretocaps.domain.trainer import CheckedData, OnEpoch
from paretocaps.errors import TrainingError, is_out_of_memory
from paretocaps.run_folder import WEIGHTS
from paretocaps.schedules.plan import build_plan
from paretocaps.training.device import open_device
from paretocaps.training.optimizer import build_optimizer, rate_tensor
from paretocaps.training.ranks import ALONE
from paretocaps.training.settled import cpu_seconds, cpu_time, settled_device, settled_records
from paretocaps.training.stopwatch import Stopwatch
from paretocaps.training.weights import save_whole

_BATCH = 256  # images of a pass without gradients


def check_data(spec: DataSpec, on_preparing: OnProgress | None = None) -> CheckedData:
    """Read the images once, so that a fault in them is reported before a study is created (`Check`)."""
    forget()  # a notebook may have changed its files since its last training
    splits = read_splits(spec, on_preparing)
    return CheckedData(splits.told, reading(splits), splits.anew, held_out=splits.held_out)


class _Judged(NamedTuple):
    acc: float
    loss: float
    predicted: tuple[int, ...]


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Build the network that the job's trainer names, and train it (see `Train`).

    It gets images, float32 [B, C, H, W] in [0, 1], and returns scores, [B, classes]; the loss is their
    cross-entropy. Only optimiser steps count as its time, as with the built-in trainer.

    Raises:
        TrainingError: what was built is no network, or does not fit the images.
        Exception: whatever the network raises.
    """
    started, device = perf_counter(), open_device(job.device)
    if job.threads is not None:
        torch.set_num_threads(job.threads)
    splits = load(job.data)
    torch.manual_seed(job.seed)
    network = _built(job, splits, device)
    schedule = _schedule(job.choices)
    training = _Training(job, schedule, network, splits, device)
    held = DeviceLoader(splits.validation, device)
    params, macs = sum(one.numel() for one in network.parameters()), _multiply_adds(network, held)
    records, judged = list[EpochRecord](), _Judged(0.0, 0.0, ())
    for epoch in range(1, job.epochs + 1):
        train_loss = training.epoch(epoch, on_epoch)
        now, seconds = _judge(network, held), training.watch.seconds()
        record = EpochRecord(
            epoch=epoch,
            steps=training.steps(epoch),
            batch_size=training.plan.batch_size(epoch),
            learning_rate=training.plan.learning_rates(epoch)[-1],
            train_loss=train_loss,
            val_loss=now.loss,
            acc=now.acc,
            seconds=seconds[epoch],
            cpu_seconds=cpu_seconds(training.watch, epoch, ALONE),
            time=sum(seconds.values()),
            wall=perf_counter() - started,
            params=params,
            macs=macs,
        )
        records.append(record)
        if best_epoch(records) is record:
            judged = now
            save_whole(job.folder / WEIGHTS, {"state": _on_cpu(network.state_dict())})
        if not on_epoch(record):
            break
    return _measured(job, training, records, judged, perf_counter() - started)


def _schedule(choices: Mapping[str, Any]) -> Choices:
    """Return the choices of the training; a low `lr_max` falls to a tenth of it, as the default one does."""
    own = {name: choices[name] for name in SCHEDULE if name in choices}
    lowest = {"lr_min": Choices.model_fields["lr_min"].default, **Choices.defaults(own)}["lr_min"]
    falls = own.get("lr_policy") in Choices.conditions["lr_floor"].allowed[0][1]
    if falls and own.get("lr_max", lowest) < lowest:
        own["lr_floor"] = 0.1
    return Choices(**own)


class _Training:
    """The training steps of one network."""

    def __init__(
        self, job: TrainingJob, choices: Choices, network: nn.Module, splits: DataSplits, device: torch.device
    ) -> None:
        self.network, self.splits, self.device = network, splits, device
        self.images = DeviceLoader(splits.train, device, job.seed, choices.augment)
        self.plan = build_plan(choices, len(self.images), job.epochs)
        self.rate, self.watch = rate_tensor(device), Stopwatch(device)
        self.optimizer = build_optimizer(network.parameters(), choices, self.rate)
        self._batch = 0

    def steps(self, epoch: int) -> int:
        return self.images.steps(self.plan.batch_size(epoch))

    def epoch(self, epoch: int, on_epoch: OnEpoch) -> float:
        """Train one epoch, and return the mean loss of its images."""
        size, total = self.plan.batch_size(epoch), 0.0
        if size != self._batch:
            self.watch.start_phase()
            self._batch = size
        self.network.train()
        rates = self.plan.learning_rates(epoch)
        for step, (images, labels) in enumerate(self.images.batches(size, epoch)):
            self.rate.fill_(rates[step])
            whole = images.contiguous()
            with self.watch.lap(epoch, typical=len(labels) == min(size, len(self.images))):
                self.optimizer.zero_grad()
                with _single_values(self.network) if len(labels) == 1 else nullcontext():
                    loss = nn.functional.cross_entropy(self.network(whole), labels)
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
            total += float(loss.detach()) * len(labels)
            progress_of(on_epoch)(f"epoch {epoch}{STEP}", step + 1, len(rates))
        self.watch.pause()
        return total / len(self.images)


@contextmanager
def _single_values(network: nn.Module) -> Iterator[None]:
    """Let batch normalisation use its statistics where a channel has one value, as of a last image alone."""

    kinds = nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm
    layers = {one: one.training for one in network.modules() if isinstance(one, kinds)}

    def before(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        single = bool(inputs) and inputs[0].numel() == inputs[0].shape[1]
        layer.train(layer.training and not single)

    hooks = [layer.register_forward_pre_hook(before) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for layer, training in layers.items():
            layer.train(training)


def _built(job: TrainingJob, splits: DataSplits, device: torch.device) -> nn.Module:
    """Return the network on its device, whose lazy layers have their shapes."""
    own = called(job.trainer)
    given = {"shape": splits.train.shape, "classes": splits.classes}
    network = own.function(**own.arguments(job.choices, given))
    if not isinstance(network, nn.Module):
        raise TrainingError(f"{own.called} returned {network!r:.80}: return a torch.nn.Module")
    network = network.to(device).eval()
    image = DeviceLoader(splits.validation, device).first(1)[0].contiguous()
    try:
        with torch.no_grad():
            scores = network(image)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        why = str(error).partition("\n")[0]
        raise TrainingError(
            f"the network of {own.called} does not take images, {list(image.shape)} for 1: {why}"
        ) from error
    if not isinstance(scores, Tensor) or scores.shape != (1, splits.classes):
        got = list(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise TrainingError(
            f"the network of {own.called} gives {got} for 1 image: give a score for each class,"
            f" [1, {splits.classes}]"
        )
    return network


def _on_cpu(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network's state as a machine without its device can load it."""
    return {name: value.cpu() if isinstance(value, Tensor) else value for name, value in state.items()}


def _multiply_adds(network: nn.Module, images: DeviceLoader) -> int:
    """Return the multiply-adds of a forward pass of one image."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(images.first(1)[0].contiguous())
    return int(counter.get_total_flops()) // 2


@torch.no_grad()
def _judge(network: nn.Module, images: DeviceLoader) -> _Judged:
    network.eval()
    right, loss, predicted = 0, 0.0, list[int]()
    for batch, labels in _contiguous(images.ordered(_BATCH)):
        scores = network(batch)
        best = scores.argmax(dim=1)
        right += int((best == labels).sum())
        loss += float(nn.functional.cross_entropy(scores, labels, reduction="sum"))
        predicted += best.tolist()
    return _Judged(right / len(images), loss / len(images), tuple(predicted))


def _contiguous(batches: Iterable[tuple[Tensor, Tensor]]) -> Iterable[tuple[Tensor, Tensor]]:
    return ((images.contiguous(), labels) for images, labels in batches)


def _measured(
    job: TrainingJob, training: _Training, records: list[EpochRecord], judged: _Judged, wall: float
) -> Measurement:
    """Return the measurement of the best epoch, with whose weights the test part is judged."""
    splits, watch = training.splits, training.watch
    records = settled_records(records, watch)
    best = best_epoch(records)
    tested: dict[str, Any] = {}
    if job.test:
        state = torch.load(job.folder / WEIGHTS, map_location=training.device, weights_only=True)["state"]
        training.network.load_state_dict(state)
        test = DeviceLoader(splits.test, training.device)
        tested = {"test_acc": _judge(training.network, test).acc, "test_images": len(test)}
    labels = splits.validation.labels.tolist()
    return Measurement(
        acc=best.acc,
        best_epoch=best.epoch,
        time=best.time,
        cpu_time=cpu_time(watch, best.epoch, ALONE),
        wall=wall,
        params=best.params,
        macs=best.macs,
        validation_images=len(labels),
        **tested,
        device=settled_device(training.device, job.shared, ALONE.size, watch),
        epochs=tuple(records),
        weights=WEIGHTS,
        predictions=Predictions(labels=labels, classes=judged.predicted, images=splits.validation.digest),
        collapsed=is_collapsed(best.acc, labels),
        remarks=watch.disturbances(),
    )
