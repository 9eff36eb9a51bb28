"""The whole evaluation of a trained network or an ensemble, in one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.progress import unheard
from paretocaps.errors import UsageError
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.evaluation.classification import ClassificationReport, classification
from paretocaps.evaluation.mistakes import Mistake, worst_mistakes
from paretocaps.evaluation.perturbation import PerturbationGrid, perturbation_grids
from paretocaps.evaluation.reconstructions import Reconstruction, reconstructions
from paretocaps.evaluation.robustness import Robustness, robustness
from paretocaps.evaluation.scores import Ensemble, Scored, collect, confidence_of, ensemble_scores
from paretocaps.models.network import Network

GRIDS = 10
"""How many classes get a perturbation grid by default: the first ones."""


@dataclass(frozen=True)
class Extras:
    """Which parts of an appraisal are made besides the classification.

    Attributes:
        robust: whether to measure accuracies under transforms, in 26 more passes over the images.
        pictures: whether to draw the worst mistakes, reconstructions and perturbation grids.
        grids: the classes whose grids are drawn; by default the first ten.
    """

    robust: bool = True
    pictures: bool = True
    grids: Sequence[int] | None = None


@dataclass(frozen=True, eq=False)
class Appraisal:
    """The results of an evaluation.

    Attributes:
        report: the classification of the network, or of the ensemble as a whole.
        confidence: what the confidence of a prediction is, in words (see `confidence_of`).
        members: the accuracies of an ensemble's members; empty for one network.
        robustness: the accuracies under transforms; None if they were not requested.
        reconstructions, grids: the pictures; empty if they were not requested or cannot be drawn.
        no_pictures: the reason why there are no pictures; None if there are.
        remarks: notes on the evaluation, such as a batch size that was halved.
        mistakes: the worst mistakes; empty if pictures were not requested, or there are none.
    """

    report: ClassificationReport
    confidence: str
    members: tuple[float, ...]
    robustness: Robustness | None
    reconstructions: tuple[Reconstruction, ...]
    grids: tuple[PerturbationGrid, ...]
    no_pictures: str | None
    remarks: tuple[str, ...]
    mistakes: tuple[Mistake, ...] = ()


def appraise(
    networks: Sequence[Network],
    images: ImageSet,
    evaluator: Evaluator,
    device: torch.device,
    names: Sequence[str] | None = None,
    extras: Extras | None = None,
    progress: Callable[[str], None] | None = None,
) -> Appraisal:
    """Evaluate one network, or several as an ensemble (see `scores.ensemble_scores`).

    Args:
        networks: one or more networks on `device`, for the same images and classes.
        images: the images to evaluate on, on the CPU.
        evaluator: makes the passes over the images.
        device: the device of the networks.
        names: the names of the classes; by default their numbers.
        extras: what to measure and draw besides the classification; by default everything.
        progress: receives one line before each part of the evaluation.

    Raises:
        UsageError: there is no network, or a class for a grid does not exist.
        DataError: there are no images.
    """
    if not networks:
        raise UsageError("there is no network to evaluate: name one")
    extras, tell = extras or Extras(), progress or unheard
    loader = DeviceLoader(images, device)
    scored = []
    for number, network in enumerate(networks, 1):
        tell(f"scoring {len(images)} images" + (f", network {number}" if len(networks) > 1 else ""))
        scored.append(_scored(network, loader, evaluator))
    a = networks[0].architecture
    whole = scored[0] if len(networks) == 1 else ensemble_scores(scored, a.classes - 1 if a.pairs else 1)
    as_one: Network = networks[0] if len(networks) == 1 else Ensemble(networks).to(device)
    robust = None
    if extras.robust:
        robust = robustness(as_one, loader, evaluator, progress=tell)
    drawn, grids, why = _pictures(as_one, images, whole, extras, tell)
    return Appraisal(
        report=classification(whole, names),
        confidence=confidence_of(networks),
        members=tuple(float((one.predicted == one.labels).mean()) for one in scored) if scored[1:] else (),
        robustness=robust,
        reconstructions=drawn,
        grids=grids,
        no_pictures=why,
        remarks=tuple(evaluator.remarks),
        mistakes=worst_mistakes(images, whole) if extras.pictures else (),
    )


def _scored(network: Network, loader: DeviceLoader, evaluator: Evaluator) -> Scored:
    return evaluator.fitting(network, lambda size: collect(network, loader.ordered(size)))


def _pictures(
    network: Network, images: ImageSet, scored: Scored, extras: Extras, tell: Callable[[str], None]
) -> tuple[tuple[Reconstruction, ...], tuple[PerturbationGrid, ...], str | None]:
    if not extras.pictures:
        return (), (), "Pictures were not requested."
    if (why := network.why_not_drawn) is not None:
        return (), (), why
    tell("drawing reconstructions and perturbation grids")
    classes = range(min(GRIDS, scored.scores.shape[1])) if extras.grids is None else extras.grids
    return (
        reconstructions(network, images, scored),
        perturbation_grids(network, images, scored, classes),
        None,
    )
