"""Judges a paper's claims by the trainings of its rows, seed by seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType

from paretocaps.domain.claim import EXACT, Claim, Difference, Value, Verdict, difference, verdict
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.quantities.quantities import compared, evaluated, parse_quantity
from paretocaps.domain.quantities.quantity import Quantity
from paretocaps.domain.quantities.reach import EpochsTo, TimeTo
from paretocaps.domain.wording import counted

Trainings = Mapping[str, Mapping[int, Measurement]]
"""The trainings of each row by its name, and of each row by seed."""
NO_FAILURES: Mapping[str, str] = MappingProxyType({})
_HOW_MUCH = "by how much depends on the device and on the size of the training"
_LEARNED = 10
"""From so many times the margin on, it says something that accuracies are level."""


@dataclass(frozen=True)
class Judged:
    """A claim and what the trainings say about it.

    Attributes:
        claim: the claim.
        verdict: by the interval of `found` alone, unless `why` says that it settles nothing.
        found: the difference of the two rows; None where it has no interval.
        why: why it has none, or why its interval settles nothing; else empty.
        never: how many trainings of either row never reached the accuracy in question.
    """

    claim: Claim
    verdict: Verdict
    found: Difference | None
    why: str = ""
    never: int = 0


def judged(
    claim: Claim, trainings: Trainings, *, amounts: bool = True, failed: Mapping[str, str] = NO_FAILURES
) -> Judged:
    """Return the verdict on a claim, by the difference of its two rows over the seeds that both have.

    What does not compare across devices is compared where both trainings of a seed ran on one. An accuracy
    "of a design" is, for each seed, that of the design's training with the same seed. A training
    that never reached it counts with all its epochs, which is the least that it would take.

    Args:
        claim: the claim.
        trainings: the trainings of all rows.
        amounts: whether by how much times and memory differ can be judged; else such a claim is open where
            its direction is right.
        failed: why the trials of rows failed, by row.

    Raises:
        UsageError: a parameter of the quantity is not allowed.
    """
    own, other = trainings.get(claim.row, {}), trainings.get(claim.than, {})
    for name, trained in ((claim.row, own), (claim.than, other)):
        if not trained:
            return Judged(claim, "open", None, _untrained(name, failed))
    quantity = parse_quantity(claim.objective)
    against = None if quantity is None else quantity.against
    base = trainings.get(against, {}) if against else None
    if base is not None and not base:
        return Judged(claim, "open", None, _untrained(str(against), failed))
    seeds = sorted(own.keys() & other.keys() & (own.keys() if base is None else base.keys()))
    pairs, apart = [], 0
    for seed in seeds:
        if claim.of.device_bound and own[seed].device.machine != other[seed].device.machine:
            apart += 1
            continue
        reference = None if base is None else base[seed]
        values = [_value(claim.objective, quantity, one[seed], reference) for one in (own, other)]
        if values[0] is not None and values[1] is not None:
            pairs.append((values[0], values[1]))
    compared_ones = [one[seed] for seed in seeds for one in (own, other)]
    exact = claim.objective in EXACT and not any(map(is_pruned, compared_ones))
    found = difference(pairs, relative=claim.relative, exact=exact, step=_step(claim, quantity, own))
    never = sum(one.at_least for pair in pairs for one in pair)
    if found is not None and (why := _hardly_learned(claim, compared_ones)):
        return Judged(claim, "open", found, why, never)
    if found is not None and claim.of_device and not amounts:
        settled = verdict(claim.model_copy(update={"by": 0.0}), found)
        return Judged(claim, "open" if settled == "holds" else settled, found, _HOW_MUCH, never)
    return Judged(claim, verdict(claim, found), found, "" if found else _why(claim, len(pairs), apart), never)


def _untrained(name: str, failed: Mapping[str, str]) -> str:
    return f"{name} failed: {failed[name]}" if name in failed else f"{name} is not trained"


def is_pruned(training: Measurement) -> bool:
    """Return whether a training pruned its network, which each seed may do otherwise."""
    return any(one.network for one in training.epochs)


def _step(claim: Claim, quantity: Quantity | None, trainings: Mapping[int, Measurement]) -> float:
    """Return how far apart two values of a quantity are at least: an epoch, or one of the images."""
    if isinstance(quantity, EpochsTo):
        return 1.0
    first = next(iter(trainings.values()))
    images = first.test_images if claim.objective == "test_acc" else first.validation_images
    return 1.0 / images if claim.of.images and images else 0.0


def _hardly_learned(claim: Claim, trainings: Sequence[Measurement]) -> str:
    """Return why accuracies say nothing, where the networks hardly learned; else empty."""
    if not claim.of.images:
        return ""
    if all(one.collapsed for one in trainings):
        return "all trainings collapsed"
    if claim.relative or claim.direction in ("more", "less"):
        return ""
    if any(one.collapsed for one in trainings):
        return "a training collapsed, and such ones are always level"
    values = [one.quantity(claim.objective) or 0.0 for one in trainings]
    low = fmean(values) < _LEARNED * claim.by
    return f"accuracies below {_LEARNED * claim.by:.0%} are level anyhow" if low else ""


def _value(
    name: str, quantity: Quantity | None, training: Measurement, reference: Measurement | None
) -> Value | None:
    if quantity is None:
        measured = training.quantity(name)
    elif reference is not None:
        measured = compared(quantity, [training], [reference])[0]
    else:
        measured = evaluated(quantity, training)
    if measured is None and isinstance(quantity, TimeTo | EpochsTo) and training.epochs:
        last = training.epochs[-1]
        return Value(last.time if isinstance(quantity, TimeTo) else float(last.epoch), at_least=True)
    return None if measured is None else Value(measured)


def _why(claim: Claim, pairs: int, apart: int) -> str:
    if pairs < 2 and apart:
        return f"the rows' trainings of {counted(apart, 'seed')} ran on different devices"
    if pairs == 0:
        return f"no seed of both rows has {claim.objective}"
    return "one seed has no interval" if pairs == 1 else "a value is not above 0, so it has no share"
