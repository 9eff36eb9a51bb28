"""Per-image standardisation."""

import math

import torch
from torch import Tensor


def standardise(images: Tensor) -> Tensor:
    """Return each image with mean 0 and deviation 1 over all its values (MoCapsNet, section 4.1).

    The deviation is that of the N values themselves, and 1 / sqrt(N) at least, as in TensorFlow's
    `per_image_standardization`: an image of one colour becomes zeros. It is the first thing inside a network,
    so that the loss and the decoder keep the image in [0, 1], which a sigmoid can draw.

    Args:
        images: [B, C, H, W], floating point.

    Returns:
        The same shape, type and memory format.
    """
    variance, mean = torch.var_mean(images, dim=(1, 2, 3), correction=0, keepdim=True)
    return (images - mean) / variance.sqrt().clamp_min(1 / math.sqrt(images[0].numel()))
