"""The built-in trainer: trains one job on its devices and measures it."""

import copy
import gc
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import DataSplits
from paretocaps.data.tensor_splits import load
from paretocaps.domain.brought_choices import choices_model
from paretocaps.domain.choices import Choices
from paretocaps.domain.collapse import REMARK, is_collapsed
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import (
    ENERGY,
    Device,
    EpochRecord,
    JudgedTest,
    Measurement,
    Predictions,
    best_epoch,
)
from paretocaps.domain.progress import OnProgress, OnTuned, progress_of, tuned_of, unheard, unkept
from paretocaps.domain.trainer import OnEpoch
from paretocaps.errors import UsageError
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.models.architecture import architecture
from paretocaps.models.complexity import multiply_adds, parameters
from paretocaps.models.starting import starting_architecture
from paretocaps.run_folder import RunFolder
from paretocaps.schedules.plan import build_plan
from paretocaps.schedules.pruning_start import warmup_epochs
from paretocaps.training.checkpoint import (
    NO_CHECKPOINT,
    Found,
    State,
    load_checkpoint,
    random_states,
    restore_random_states,
)
from paretocaps.training.checkpoint_writer import CheckpointWriter
from paretocaps.training.device import describe_device, open_device
from paretocaps.training.energy import EpochEnergy, open_meter
from paretocaps.training.first_network import network_to_train
from paretocaps.training.frozen import FrozenFeatures
from paretocaps.training.further_quantities import network_quantities
from paretocaps.training.judge import judged
from paretocaps.training.kept_tunings import KeptTunings
from paretocaps.training.launch import open_ranks, threads_of
from paretocaps.training.learner import Learner
from paretocaps.training.patience import out_of_patience
from paretocaps.training.precision import computed
from paretocaps.training.pruning import (
    Judged,
    achieved,
    prune_learner,
    shortfall,
)
from paretocaps.training.ranks import ALONE, Ranks
from paretocaps.training.room import Demand, check_room
from paretocaps.training.settled import cpu_seconds, cpu_time, settled_device, settled_records
from paretocaps.training.share import told_batch
from paretocaps.training.weights import packed, save_weights, unpacked


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Train the job's choices with its seed and measure the result (the `Train` protocol).

    The job's folder receives `weights.pt`: the best epoch's weights and the architecture that rebuilds their
    network (see `training.weights`). With `job.checkpoints` it also receives a checkpoint after every epoch,
    except after those that end within a second of the last one, and within an epoch every
    `job.checkpoint_every` seconds. A training that finds one continues from it,
    and reaches the same weights as without interruption (in float32 on a CPU, to the bit); `on_epoch` is then
    called for the earlier epochs first. Writing them is no part of `time`. Where a time, memory or energy
    is to be measured, one of another device is not continued.

    Raises:
        DataError, UsageError: the data, device or choices cannot be trained, or a checkpoint belongs to
            another training or a newer version.
        DivergedError: the loss became NaN or infinite.
    """
    placed = job.model_copy(update={"threads": threads_of(job)})
    with open_ranks(placed) as ranks:
        return run(placed, on_epoch, ranks)


def run(job: TrainingJob, on_epoch: OnEpoch, ranks: Ranks) -> Measurement:
    """Train as one of `ranks`; see `train`. Only the first rank measures, writes and calls `on_epoch`."""
    began = time.perf_counter()
    if ranks.size > 1 and ENERGY in job.measure:
        raise UsageError(f"the energy of {ranks.size} ranks is not measured: leave it out, or use one rank")
    device = open_device(ranks.device(job.device))
    if device.type == "cuda":
        gc.collect()  # compiling leaves a training's tensors in cycles: they would count as this one's memory
    if job.threads is not None:
        torch.set_num_threads(job.threads)
    on_progress = progress_of(on_epoch)
    splits = load(job.data, on_progress)
    on_progress("starting", 0, 1)
    # the first rank's device decides whether to go on, for all of them
    first = ranks.from_first(lambda: describe_device(device, ranks=ranks.size), Device)
    found = load_checkpoint(job, splits, first) if job.checkpoints else NO_CHECKPOINT
    if ranks.from_first(lambda: found.state is None, bool) is not (found.state is None):
        raise UsageError(
            f"rank {ranks.rank} and the first one do not find the same checkpoint in {str(job.folder)!r}:"
            " give a folder that all machines share"
        )
    choices = choices_model().model_validate(job.choices)
    training = _Training(job, choices, splits, device, began, found, ranks, on_progress, tuned_of(on_epoch))
    go_on = ranks.from_first(lambda: all(on_epoch(record.told) for record in training.records), bool)
    while go_on and not training.ended():
        training.run_epoch(len(training.records) + 1)
        go_on = ranks.from_first(lambda: training.keep() and on_epoch(training.records[-1].told), bool)
    if not go_on:
        ranks.from_first(training.keep_stopped, bool)
    cpu = cpu_time(training.learner.stopwatch, best_epoch(training.records).epoch, ranks)
    return ranks.from_first(lambda: training.measurement(cpu), Measurement)


class _Training:
    """One training in progress: its learner, its records, and the best epoch's network so far."""

    def __init__(
        self,
        job: TrainingJob,
        choices: Choices,
        splits: DataSplits,
        device: torch.device,
        began: float,
        found: Found = NO_CHECKPOINT,
        ranks: Ranks = ALONE,
        on_progress: OnProgress = unheard,
        on_tuned: OnTuned = unkept,
    ) -> None:
        state = found.state
        self.on_progress = on_progress
        self.began, self.ranks = began, ranks
        self.job, self.choices, self.splits, self.device = job, choices, splits, device
        channels, height, width = splits.shape
        shape = architecture(
            choices,
            height,
            width,
            channels,
            splits.classes,
            levels=splits.levels,
            transposed=splits.transposed,
            pairs=splits.pairs,
        )
        self.whole = shape = starting_architecture(shape, choices)
        images = len(splits.train)
        demand = Demand(
            choices, splits.shape, splits.classes, images, job.epochs, ranks.size, pairs=splits.pairs
        )
        check_room(demand, device)
        network, self.started = network_to_train(shape, choices, job.seed, state)
        loader = DeviceLoader(splits.train, device, seed=job.seed, augment=choices.augment)
        self.plan = build_plan(choices, len(splits.train), job.epochs, ranks.size)
        self.machine, self.shared = describe_device(device, ranks=ranks.size).machine, job.shared
        self.tunings = KeptTunings.of_job(job, self.machine, self.plan.steps_of, on_tuned, ranks)
        self.learner = Learner(
            network, loader, choices, device, ranks=ranks, on_progress=on_progress, tunings=self.tunings
        )
        self.prune_after = warmup_epochs(choices, job.epochs)
        self.images, self.validation = loader, DeviceLoader(splits.validation, device)
        self.evaluator = Evaluator(device, self._computed, on_progress=on_progress)
        self.energy = EpochEnergy(open_meter(device) if ENERGY in job.measure else None)
        self.features = FrozenFeatures(self.learner, loader, self.validation, job.seed, choices, self.energy)
        if state is not None or self.prune_after != 0:
            self.features.fill(1 if state is None else None)
        # a checkpoint without this key is of a version that did not count the passes of a frozen trunk
        self.partial = state is not None and self.features.kept and state.get("partial", True)
        self.records: list[EpochRecord] = []
        self.stopped: tuple[str, ...] = ()
        self.moved = found.remarks
        self.kept = CheckpointWriter(job, splits)
        self.judged = Judged()
        self.best = network
        self.predicted: tuple[int, ...] = ()
        self.written = 0  # epochs of the last checkpoint
        if state is not None:
            self._restore(state)

    def _computed(self) -> AbstractContextManager[None]:
        """Return the context in which networks are judged: products are computed as in the phase's steps."""
        return computed(self.device, self.learner.tuning)

    def state(self) -> dict[str, Any]:
        """Return all that a later process needs to continue from here."""
        trained = self.learner.within_epoch
        best_is_here = not self.records or (not trained and best_epoch(self.records) is self.records[-1])
        return {
            "network": packed(self.learner.network),
            "best": None if best_is_here else packed(self.best),
            "predicted": list(self.predicted),
            "learner": self.learner.state(),
            "records": [record.model_dump_json() for record in self.records],
            "energy": self.energy.state(),
            "batch_size": self.evaluator.batch_size,
            "remarks": list(self.evaluator.remarks),
            "moved": list(self.moved),
            "started": list(self.started),
            "partial": self.partial,
            "judged": asdict(self.judged),
            "tunings": self.tunings.state(self.machine),
            "device": describe_device(self.device, ranks=self.ranks.size).name,
            "shared": self.shared,
            "wall": time.perf_counter() - self.began,
            "random": random_states(self.device),
        }

    def _restore(self, state: State) -> None:
        self.tunings.restore(state.get("tunings"), self.machine)
        self.shared |= state.get("shared", False)
        self.learner.restore(state["learner"])
        self.records = [EpochRecord.model_validate_json(record) for record in state["records"]]
        if self.learner.within_epoch and state["learner"]["batch_size"] != self.plan.batch_size(self._epoch):
            raise UsageError(
                f"the checkpoint is within epoch {self._epoch}, whose passes have"
                f" {state['learner']['batch_size']} images, and with {self.ranks.size} ranks they would have"
                f" {self.plan.batch_size(self._epoch)}: give the number of ranks that it was written with"
            )
        self.began -= state["wall"] if "wall" in state else self.records[-1].wall
        self.energy.restore(state["energy"])
        self.evaluator.batch_size, self.evaluator.remarks = state["batch_size"], list(state["remarks"])
        kept = state["best"]
        self.best = copy.deepcopy(self.learner.network).cpu() if kept is None else unpacked(kept)
        self.predicted = tuple(state.get("predicted", ()))  # a checkpoint of an older version has none
        self.moved, judged = (*state["moved"], *self.moved), state.get("judged", {})
        self.judged = Judged(**{**judged, "accs": tuple(judged.get("accs", ()))})
        if state["device"] != (here := describe_device(self.device, ranks=self.ranks.size).name):
            there = f"{'within' if self.learner.within_epoch else 'after'} epoch {self._epoch}"
            self.moved += (f"trained on {state['device']}, and on {here} from {there} on: time is of both",)
        restore_random_states(state["random"], self.device)  # last: making layers draws random numbers

    @property
    def _epoch(self) -> int:
        """The number of the epoch that is trained or that was trained last; 0 before the first."""
        return len(self.records) + self.learner.within_epoch

    def run_epoch(self, epoch: int) -> EpochRecord:
        """Prune if it is time, train one epoch, validate, and return the epoch's record."""
        if epoch - 1 == self.prune_after and not self.learner.within_epoch:
            self.tunings.pruned()
            self.judged = prune_learner(
                self.learner, self.choices, self.job.seed, self.images, trained=epoch > 1
            )
            if not self.records:
                self.best = self.learner.network  # the whole one must not count as memory of the training
            self.features.fill(epoch)
        self.learner.enter_phase(self.plan.batch_size(epoch))  # here, because measuring takes energy too
        rates = self.plan.learning_rates(epoch)
        progress = epoch / self.job.epochs
        with self.energy.epoch(epoch):
            loss = self.learner.train_epoch(
                epoch, self.plan.batch_size(epoch), rates, progress, self._keep_within
            )
        record, predicted = self.ranks.from_first(
            lambda: self._validated(epoch, rates, loss), tuple[EpochRecord, tuple[int, ...]]
        )
        self.records.append(record)
        if self.ranks.rank == 0 and best_epoch(self.records) is record:
            self.best = copy.deepcopy(self.learner.network).cpu()  # must not count as memory of the training
            self.predicted = predicted
        return record

    def _validated(
        self, epoch: int, rates: Sequence[float], loss: float
    ) -> tuple[EpochRecord, tuple[int, ...]]:
        """Validate the network; return the record of the epoch that it has trained, and its predictions."""
        seconds = self.learner.stopwatch.seconds()
        shape = self.learner.network.architecture
        judged = self.evaluator.judge(*self.features.validation(), self.choices.loss)
        record = EpochRecord(
            epoch=epoch,
            steps=len(rates),
            batch_size=self.plan.batch_size(epoch),
            learning_rate=rates[-1],
            train_loss=loss,
            acc=judged.acc,
            seconds=seconds[epoch],
            time=sum(seconds.values()),
            wall=time.perf_counter() - self.began,
            params=parameters(shape),
            macs=multiply_adds(shape),
            network=int(self.prune_after is not None and epoch > self.prune_after),
            val_loss=judged.loss,
            test_acc=self._test_acc() if self.job.test_every_epoch else None,
            cpu_seconds=cpu_seconds(self.learner.stopwatch, epoch, self.ranks),
        )
        return record, judged.predicted

    def _test_acc(self) -> float:
        test = DeviceLoader(self.splits.test, self.device)
        return self.evaluator.accuracy(self.learner.network, test)

    def _tested(self, best: EpochRecord) -> JudgedTest | None:
        """Return what the test images say of the best network; unless every epoch asked them, only now."""
        if best.test_acc is not None:
            return JudgedTest(acc=best.test_acc, images=len(self.splits.test))
        return judged(self.best, self.splits.test, self.evaluator) if self.job.test else None

    def keep(self) -> bool:
        """Write a checkpoint after an epoch where it is due; return True."""
        if self.kept.due(whole_epoch=True) or (self.job.keep_checkpoint and self.ended()):
            self._write()
        return True

    def keep_stopped(self) -> bool:
        """Write the checkpoint of a training that is stopped early, unless it was; return True."""
        if self.job.checkpoints and self.written != len(self.records):
            self._write()
        return True

    def _write(self) -> None:
        self.kept.write(self.state())
        self.written = len(self.records)

    def _write_within(self) -> bool:
        self.kept.write(self.state())
        return True

    def _keep_within(self) -> None:
        """Write a checkpoint within an epoch where the first rank finds it due; all ranks call it."""
        self.energy.look()
        if self.job.checkpoints and self.ranks.from_first(lambda: self.kept.due(whole_epoch=False), bool):
            self.learner.keep_losses()
            with self.energy.paused():
                self.ranks.from_first(self._write_within, bool)

    def ended(self) -> bool:
        """Return whether the training ends here: after its last epoch, or by its choice `patience`."""
        return len(self.records) == self.job.epochs or (bool(self.records) and self._out_of_patience())

    def _out_of_patience(self) -> bool:
        """Return whether the training ends by its choice `patience`, which it never does before it prunes."""
        last, patience = self.records[-1], self.choices.patience
        pruned = self.prune_after is None or last.network > 0
        if not pruned or not out_of_patience(self.records, patience):
            return False
        self.stopped = (
            f"stopped after epoch {last.epoch} of {self.job.epochs}: the validation loss did not improve"
            f" for {patience} epoch{'s' if patience > 1 else ''}",
        )
        return True

    def measurement(self, cpu: float | None) -> Measurement:
        """Return the measurement of the training."""
        stopwatch = self.learner.stopwatch
        records = settled_records(self.records, stopwatch, self.ranks)
        best = best_epoch(records)
        self.best = self.best.to(self.device)
        tested = self._tested(best)
        collapsed = is_collapsed(best.acc, self.splits.validation.labels.tolist())
        weights = RunFolder(self.job.folder).weights
        save_weights(weights, self.best)
        return Measurement(
            acc=best.acc,
            best_epoch=best.epoch,
            time=best.time,
            cpu_time=cpu,
            partial=self.partial,
            tunings=self.tunings.used,
            retuned=self.tunings.retuned,
            wall=time.perf_counter() - self.began,
            params=best.params,
            macs=best.macs,
            memory=self.learner.peak_bytes,
            test_acc=tested.acc if tested else None,
            validation_images=len(self.splits.validation),
            test_images=tested.images if tested else None,
            device=settled_device(self.device, self.shared, self.ranks.size, stopwatch),
            epochs=tuple(records),
            quantities={**self._quantities(), **self.energy.quantities(best.epoch)},
            weights=weights.name,
            predictions=self._predictions(),
            collapsed=collapsed,
            remarks=(
                *([REMARK] if collapsed else []),
                *stopwatch.disturbances(),
                *self.moved,
                *self.tunings.remarks,
                *self.kept.remarks,
                *self.stopped,
                *self.judged.remarks,
                *shortfall(self.choices, self.whole, self.best.architecture),
                *self.started,
                *self.features.remarks,
                *self.best.remarks,
                *told_batch(self.choices, self.plan, self.ranks.size),
                *self.learner.remarks,
                *self.evaluator.remarks,
            ),
        )

    def _quantities(self) -> dict[str, float]:
        """Return further quantities of the best epoch's network."""
        found = network_quantities(
            self.best, self.job, self.choices, self.validation, self.evaluator, self.on_progress
        )
        found |= achieved(self.choices, self.whole, self.best.architecture)
        return found | self.judged.quantities

    def _predictions(self) -> Predictions | None:
        """Return the best epoch's predictions; None where an older version validated it."""
        images = self.splits.validation
        if not self.predicted:
            return None
        return Predictions(labels=images.labels.tolist(), classes=self.predicted, images=images.digest)
