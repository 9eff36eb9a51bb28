"""Standardises images one by one."""

import math

import torch
from torch import Tensor


def standardise(images: Tensor) -> Tensor:
    """Return each image with mean 0 and deviation 1 over all its values (MoCapsNet, section 4.1).

    The deviation is that of the N values, without Bessel's correction, and at least 1 / sqrt(N), as in
    TensorFlow's `per_image_standardization`; an image of one colour becomes zeros. This happens inside the
    network, so that loss and decoder keep the image in [0, 1], which a sigmoid can draw.

    Args:
        images: [B, C, H, W], floating point.

    Returns:
        Images of the same shape, type and memory format.
    """
    variance, mean = torch.var_mean(images, dim=(1, 2, 3), correction=0, keepdim=True)
    return (images - mean) / variance.sqrt().clamp_min(1 / math.sqrt(images[0].numel()))
