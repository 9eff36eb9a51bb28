"""Judges a paper's claims by the trainings of its rows, seed by seed."""

from collections.abc import Mapping
from dataclasses import dataclass

from paretocaps.domain.claim import EXACT, Claim, Difference, Value, Verdict, difference, verdict
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.quantities.quantities import compared, evaluated, parse_quantity
from paretocaps.domain.quantities.quantity import Quantity
from paretocaps.domain.quantities.reach import EpochsTo, TimeTo
from paretocaps.domain.wording import counted

Trainings = Mapping[str, Mapping[int, Measurement]]
"""The trainings of each row by its name, and of each row by seed."""


@dataclass(frozen=True)
class Judged:
    """A claim and what the trainings say about it.

    Attributes:
        claim: the claim.
        verdict: by the interval of `found` alone.
        found: the difference of the two rows; None where it has no interval.
        why: why it has none; empty where it has one.
        never: how many trainings of either row never reached the accuracy in question.
    """

    claim: Claim
    verdict: Verdict
    found: Difference | None
    why: str = ""
    never: int = 0


def judged(claim: Claim, trainings: Trainings) -> Judged:
    """Return the verdict on a claim, by the difference of its two rows over the seeds that both have.

    What does not compare across devices is compared where both trainings of a seed ran on one. An accuracy
    "of a design" is, for each seed, that of the design's training with the same seed. A training
    that never reached it counts with all its epochs, which is the least that it would take.

    Raises:
        UsageError: a parameter of the quantity is not allowed.
    """
    own, other = trainings.get(claim.row, {}), trainings.get(claim.than, {})
    for name, trained in ((claim.row, own), (claim.than, other)):
        if not trained:
            return Judged(claim, "open", None, f"{name} is not trained")
    quantity = parse_quantity(claim.objective)
    against = None if quantity is None or quantity.against is None else quantity.against
    base = trainings.get(against, {}) if against else None
    if base is not None and not base:
        return Judged(claim, "open", None, f"{against} is not trained")
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
    found = difference(
        pairs, relative=claim.relative, exact=claim.objective in EXACT, step=_step(claim, quantity, own)
    )
    never = sum(one.at_least for pair in pairs for one in pair)
    return Judged(claim, verdict(claim, found), found, "" if found else _why(claim, len(pairs), apart), never)


def _step(claim: Claim, quantity: Quantity | None, trainings: Mapping[int, Measurement]) -> float:
    """Return how far apart two values of a quantity are at least: an epoch, or one of the images."""
    if isinstance(quantity, EpochsTo):
        return 1.0
    first = next(iter(trainings.values()))
    images = first.test_images if claim.objective == "test_acc" else first.validation_images
    return 1.0 / images if claim.objective in ("test_acc", "acc") and images else 0.0


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
