"""The built-in trainer: one job on one device, measured."""

import copy
import time

import torch

from paretocaps.data.images import DataSplits
from paretocaps.data.load import load
from paretocaps.data.loader import DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement, best_epoch
from paretocaps.domain.trainer import OnEpoch
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import multiply_adds, parameters
from paretocaps.schedules.plan import build_plan
from paretocaps.training.check import ENERGY
from paretocaps.training.device import describe_device, open_device
from paretocaps.training.energy import EpochEnergy, open_meter
from paretocaps.training.learner import Learner
from paretocaps.training.patience import out_of_patience
from paretocaps.training.precision import autocast, resolve_precision
from paretocaps.training.pruning import prune_learner, warmup_epochs
from paretocaps.training.quantities import network_quantities
from paretocaps.training.weights import save_weights

WEIGHTS = "weights.pt"


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Train the job's choices with its seed and measure the result (the `Train` protocol).

    The job's folder receives `weights.pt`: the best epoch's weights and what rebuilds their
    network (see `training.weights`).

    Raises:
        DataError, UsageError: data, device or choices that cannot be trained.
        DivergedError: the loss became NaN or infinite.
    """
    began = time.perf_counter()
    device = open_device(job.device)
    if job.threads is not None:
        torch.set_num_threads(job.threads)
    training = _Training(job, Choices.model_validate(job.choices), load(job.data), device, began)
    for epoch in range(1, job.epochs + 1):
        if not on_epoch(training.run_epoch(epoch)) or training.out_of_patience():
            break
    return training.measurement()


class _Training:
    """One training in progress: its learner, its records, and the best epoch's network so far."""

    def __init__(
        self, job: TrainingJob, choices: Choices, splits: DataSplits, device: torch.device, began: float
    ) -> None:
        self.began = began
        self.job, self.choices, self.splits, self.device = job, choices, splits, device
        channels, height, width = splits.shape
        shape = architecture(choices, height, width, channels, splits.classes)
        network = build_network(shape, job.seed, choices.init)
        loader = DeviceLoader(splits.train, device, seed=job.seed, augment=choices.augment)
        self.learner = Learner(network, loader, choices, device)
        self.plan = build_plan(choices, len(splits.train), job.epochs)
        self.prune_after = warmup_epochs(choices, job.epochs)
        self.validation = DeviceLoader(splits.validation, device)
        self.evaluator = Evaluator(device, autocast(device, resolve_precision(choices.precision, device)))
        self.energy = EpochEnergy(open_meter(device) if ENERGY in job.measure else None)
        self.records: list[EpochRecord] = []
        self.stopped: tuple[str, ...] = ()
        self.best = network

    def run_epoch(self, epoch: int) -> EpochRecord:
        """Prune if it is time, train one epoch, validate, and record it."""
        if epoch - 1 == self.prune_after:
            prune_learner(self.learner, self.choices, self.job.seed)
        rates = self.plan.learning_rates(epoch)
        progress = epoch / self.job.epochs
        with self.energy.epoch(epoch):
            loss = self.learner.train_epoch(epoch, self.plan.batch_size(epoch), rates, progress)
        seconds = self.learner.stopwatch.seconds()
        shape = self.learner.network.architecture
        judged = self.evaluator.judge(self.learner.network, self.validation, self.choices.loss)
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
        )
        self.records.append(record)
        if best_epoch(self.records) is record:
            self.best = copy.deepcopy(self.learner.network).cpu()  # what is kept is no memory of training's
        return record

    def out_of_patience(self) -> bool:
        """Return whether the training ends here by its choice `patience`: never before it has pruned."""
        last, patience = self.records[-1], self.choices.patience
        pruned = self.prune_after is None or last.network > 0
        if last.epoch == self.job.epochs or not pruned or not out_of_patience(self.records, patience):
            return False
        self.stopped = (
            f"stopped after epoch {last.epoch} of {self.job.epochs}: the validation loss had not improved"
            f" for {patience} epoch{'s' if patience > 1 else ''}",
        )
        return True

    def measurement(self) -> Measurement:
        """Return what the training came to; the test images are looked at here, once."""
        records = self._settled_records()
        best = best_epoch(records)
        self.best = self.best.to(self.device)
        test_acc = self.evaluator.accuracy(self.best, DeviceLoader(self.splits.test, self.device))
        disturbed = self.learner.stopwatch.disturbances()
        self.job.folder.mkdir(parents=True, exist_ok=True)
        save_weights(self.job.folder / WEIGHTS, self.best)
        return Measurement(
            acc=best.acc,
            best_epoch=best.epoch,
            time=best.time,
            wall=time.perf_counter() - self.began,
            params=best.params,
            macs=best.macs,
            memory=self.learner.peak_bytes,
            test_acc=test_acc,
            device=describe_device(self.device, self.job.shared, loaded=bool(disturbed)),
            epochs=tuple(records),
            quantities={**self._quantities(), **self.energy.quantities(best.epoch)},
            weights=WEIGHTS,
            remarks=(
                *disturbed,
                *self.stopped,
                *self.best.remarks,
                *self.learner.remarks,
                *self.evaluator.remarks,
            ),
        )

    def _quantities(self) -> dict[str, float]:
        """Return what else is known of the best epoch's network."""
        return network_quantities(self.best, self.job, self.choices, self.validation, self.evaluator)

    def _settled_records(self) -> list[EpochRecord]:
        """Return the records with final seconds: a phase's later steps settle what its warm-up is charged."""
        seconds, elapsed, settled = self.learner.stopwatch.seconds(), 0.0, []
        for record in self.records:
            elapsed += seconds[record.epoch]
            settled.append(record.model_copy(update={"seconds": seconds[record.epoch], "time": elapsed}))
        return settled
