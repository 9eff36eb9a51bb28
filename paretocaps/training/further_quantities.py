"""Measures further quantities of a trained network, besides its accuracy and its training time."""

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.evaluation.entropy import QUANTITY as ENTROPY
from paretocaps.evaluation.entropy import bottleneck_entropy
from paretocaps.evaluation.latency import BATCHES, latency
from paretocaps.evaluation.robustness import QUANTITY as ROBUST
from paretocaps.evaluation.robustness import robustness
from paretocaps.models.complexity import params_by_role, training_flops
from paretocaps.models.network import Network
from paretocaps.training.precision import autocast, resolve_precision

_ENTROPY_IMAGES, _ENTROPY_BATCH = 1024, 64


def network_quantities(
    network: Network,
    job: TrainingJob,
    choices: Choices,
    validation: DeviceLoader,
    evaluator: Evaluator,
    on_progress: OnProgress = unheard,
) -> dict[str, float]:
    """Return the quantities of a trained network by name.

    They always include its training FLOPs, the parameters of its parts, the number of its primary capsules
    and the number of the maps that these read (the bottleneck). Latencies, robustness and the entropy of the
    bottleneck are measured where `job.measure` or the family (`Family.measured`) names them.

    Args:
        network: a network on the device of `validation`.
        job: the job, whose `measure` is read.
        choices: the job's choices; precision and `frozen` are read.
        validation: the images that robustness and entropy are measured on.
        evaluator: measures accuracies.
        on_progress: receives what is measured.
    """
    family = FAMILIES.get(choices.family)
    asked = {*job.measure, *family.measured}
    device = next(network.parameters()).device
    found: dict[str, float] = {"flops": training_flops(network.architecture, frozen=choices.frozen)}
    found |= params_by_role(network.architecture)
    if family.has_capsules:
        found |= {
            "bottleneck": network.architecture.trunk_shape.channels,
            "primary_capsules": network.architecture.capsules,
        }
    for name, batch in BATCHES.items():
        if name in asked:
            on_progress(name, 0, 1)
            precision = autocast(device, resolve_precision(choices.precision, device))
            found[name] = latency(network, device, batch, precision)
    if ROBUST in asked:
        found[ROBUST] = robustness(network, validation, evaluator).mean
    if ENTROPY in asked and family.has_capsules:
        on_progress(ENTROPY, 0, 1)
        found[ENTROPY] = _entropy(network, validation, device)
    return found


@torch.no_grad()
def _entropy(network: Network, validation: DeviceLoader, device: torch.device) -> float:
    """Return the entropy of the bottleneck over up to 1,024 validation images, of all classes."""
    was_training = network.training
    network.eval()
    try:
        batches = validation.spread(_ENTROPY_IMAGES, _ENTROPY_BATCH)
        with autocast(device, resolve_precision("auto", device)):
            return bottleneck_entropy(network.features, batches, network.architecture.labels)
    finally:
        network.train(was_training)
