"""Saliency by routing: what the class capsules take from each part."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from paretocaps.models.families.capsnet import CapsNet, Observation
from paretocaps.models.pruning.saliency import Saliencies, averaged


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score a capsule type by what the class capsules take from it: by how much it decides the class.

    That is the part of the margin, the likeliest class's score less the mean of the others', that comes
    through the type's capsules: sum u_i . d margin / d u_i, the mean over images. Where the couplings are
    constants of the gradient it is the sum of the coupled votes c_ij u_hat_ij along the class capsules v_j.
    How long and how strongly coupled a capsule is (`coupling`) says less: types that answer to every image
    are long. On 5,000 MNIST images, 3 seeds, validation accuracy before any further training was 0.9638 with
    half of the types (lot 0.9632, magnitude 0.9636, coupling 0.9616) and 0.9577 with a quarter (0.9541,
    0.9584, 0.9460), of 0.9659 with all.

    A channel of the features counts with its mean activation in an image times the norm of the filters by
    which each type reads it, types weighted by what is coupled to them there, |u_i| sum_j c_ij |v_j| (for em,
    activations in the lengths' place); a channel of conv1 before a second convolution likewise, by its
    readers there; a decoder unit with its mean activation times the norm of the weights that read it.
    """
    return by_coupling(network, batches, lambda seen, _: decided(network, seen.capsules))


def by_coupling(
    network: CapsNet, batches: Iterable[Tensor], types: Callable[[Observation, Tensor], Tensor]
) -> Saliencies:
    """Return saliencies that weigh channels and units by what is coupled to the types that read them.

    Args:
        network: what is to be pruned.
        batches: images [B, C, H, W].
        types: from an observation and what is coupled to each type, [B, T], to the types' saliency, [B, T].

    Raises:
        UsageError: `batches` has no images.
    """
    readers = torch.linalg.vector_norm(network.primary.filters(), dim=1)
    between = [torch.linalg.vector_norm(layer.weight, dim=(1, 2)) for layer in network.stem[1:]]
    layers = [] if network.decoder is None else list(network.decoder.layers)[1:]
    norms = [torch.linalg.vector_norm(layer.get_parameter("weight"), dim=0) for layer in layers]

    def _score(seen: Observation) -> Saliencies:
        reached = (seen.couplings * seen.reached.unsqueeze(1)).sum(2)
        capsules = seen.presence * reached
        coupled = capsules.view(len(capsules), network.primary.types, -1).mean(2)
        channels = seen.features.mean((2, 3)) * (coupled @ readers)
        first = [seen.stem[0].mean((2, 3)) * (channels @ norm) for norm in between]
        hidden = (layer.mean(0) * norm for layer, norm in zip(seen.decoder_units, norms, strict=True))
        return Saliencies(
            channels.mean(0),
            types(seen, coupled).mean(0),
            tuple(hidden),
            tuple(layer.mean(0) for layer in first),
        )

    return averaged(network, batches, _score)


def decided(network: CapsNet, capsules: Tensor) -> Tensor:
    """Return what each capsule type adds to the margin of each image, [B, T], for capsules [B, I, E]."""
    with torch.enable_grad():
        poses = capsules.detach().requires_grad_(True)
        scores = network.capsule_scores(poses)
        best = scores.gather(1, scores.argmax(1, keepdim=True)).squeeze(1)
        margin = best - (scores.sum(1) - best) / (scores.shape[1] - 1)
        (gradient,) = torch.autograd.grad(margin.sum(), poses)
    parts = (gradient * capsules).sum(2)
    return parts.view(len(parts), network.primary.types, -1).sum(2)
