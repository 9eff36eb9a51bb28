"""No augmentation."""

import torch
from torch import Tensor


class Unchanged:
    """Leaves images as they are and draws nothing."""

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return an empty tensor [count, 0]; the generator is left untouched."""
        return torch.empty(count, 0)

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return `images` itself."""
        return images


NONE = Unchanged()
