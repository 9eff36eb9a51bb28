"""The training itself; only a process that trains imports this."""

import platform
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, Measurement, best_epoch
from paretocaps.domain.trainer import OnEpoch
from paretocaps.errors import DivergedError, UsageError
from softmax_digits.spec import SoftmaxChoices

Array = np.ndarray
CLASSES = 10


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Fit by stochastic gradient descent and measure after every epoch.

    Raises:
        UsageError: another data set than the digits.
        DivergedError: the loss is no finite number any more.
    """
    started, trained, records = time.perf_counter(), 0.0, list[EpochRecord]()
    choices = SoftmaxChoices.model_validate(job.choices)
    images, labels, held_images, held_labels = _digits(job.data, choices.pooling)
    generator = np.random.default_rng(job.seed)
    weights = np.zeros((images.shape[1] + 1, CLASSES))  # (pixels + 1 for the bias, classes)
    kept = weights
    for epoch in range(1, job.epochs + 1):
        begun = time.perf_counter()
        losses = [
            _step(weights, images[batch], labels[batch], choices)
            for batch in _batches(len(images), choices.images_a_step, generator)
        ]
        seconds = time.perf_counter() - begun
        trained += seconds
        if not np.isfinite(losses).all():
            raise DivergedError(f"the loss became {losses[-1]}: lower step_size={choices.step_size}")
        record = EpochRecord(
            epoch=epoch,
            steps=len(losses),
            batch_size=min(choices.images_a_step, len(images)),
            learning_rate=choices.step_size,
            train_loss=float(np.mean(losses)),
            acc=float((_scores(weights, held_images).argmax(1) == held_labels).mean()),
            seconds=seconds,
            time=trained,
            wall=time.perf_counter() - started,
            params=weights.size,
            macs=weights.size - CLASSES,
        )
        records.append(record)
        if best_epoch(records) is record:
            kept = weights.copy()
        if not on_epoch(record):
            break
    np.savez(job.folder / "weights.npz", weights=kept)
    return _measured(job, records, kept, time.perf_counter() - started)


def _measured(job: TrainingJob, records: list[EpochRecord], weights: Array, wall: float) -> Measurement:
    best = best_epoch(records)
    return Measurement(
        acc=best.acc,
        best_epoch=best.epoch,
        time=best.time,
        wall=wall,
        params=best.params,
        macs=best.macs,
        device=Device(name=platform.machine() or "cpu", kind="cpu", threads=job.threads, shared=job.shared),
        epochs=tuple(records),
        quantities={"zero_weights": float((weights == 0).mean())},
        weights="weights.npz",
    )


def _digits(data: DataSpec, pooling: int) -> tuple[Array, Array, Array, Array]:
    # (B, 64 / pooling^2) in 0..1 and (B,): for training, then for validation
    if data.name != "digits":
        raise UsageError(f"softmax_digits trains on the digits only, not on {data}")
    bunch = load_digits()
    pooled = bunch.images.reshape(-1, 8 // pooling, pooling, 8 // pooling, pooling).mean((2, 4)) / 16
    images, held_images, labels, held_labels = train_test_split(
        pooled.reshape(len(pooled), -1), bunch.target, test_size=0.1, random_state=0, stratify=bunch.target
    )
    return images[: data.limit_train], labels[: data.limit_train], held_images, held_labels


def _batches(count: int, size: int, generator: np.random.Generator) -> list[Array]:
    order = generator.permutation(count)
    return [order[start : start + size] for start in range(0, count, size)]


def _scores(weights: Array, images: Array) -> Array:
    return images @ weights[:-1] + weights[-1]  # (B, classes)


def _step(weights: Array, images: Array, labels: Array, choices: SoftmaxChoices) -> float:
    scores = _scores(weights, images)
    shares = np.exp(scores - scores.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    chosen = np.arange(len(labels)), labels
    loss = -np.log(shares[chosen] + 1e-12).mean()
    shares[chosen] -= 1
    gradient = np.vstack([images.T @ shares, shares.sum(0)]) / len(labels)
    if choices.penalty == "l2":
        gradient[:-1] += choices.strength * weights[:-1]
    weights -= choices.step_size * gradient
    if choices.penalty == "l1":  # soft thresholding: exact zeros
        shrunk = np.abs(weights[:-1]) - choices.step_size * choices.strength
        weights[:-1] = np.sign(weights[:-1]) * np.maximum(shrunk, 0)
    return float(loss)
