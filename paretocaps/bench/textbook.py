"""The capsule network as a textbook would write it: the yardstick of speed and of correctness."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture

_FIXED = ("family", "blocks", "stem_convolutions", "routing", "image_size", "standardise")
"""The fields for which the plain network supports only the baseline's value."""

# B batch, I primary capsules, T their types, P positions, O classes, D and E pose dimensions


class TextbookCapsNet(nn.Module):
    """Sabour et al. 2017 as one would write it from the paper: eager, with every vote formed and broadcast.

    It is deliberately not optimised. Weight sharing repeats its matrices for every position. The inner
    routing iterations carry no gradient unless `architecture.routing_gradient` is "all".

    Args:
        architecture: the network's structure.

    Raises:
        UsageError: the architecture is not that network (see `check_textbook`).
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        check_textbook(architecture)
        a, shape = architecture, architecture.geometry
        self.architecture = a
        kernel, stride = shape.kernel, shape.stride
        self.conv = nn.Conv2d(
            a.channels, a.conv_channels, (kernel.height, kernel.width), (stride.height, stride.width)
        )
        filters = a.capsule_types * a.capsule_dim
        self.primary = nn.Conv2d(a.conv_channels, filters, (kernel.height, kernel.width), stride=2)
        self.weight = nn.Parameter(0.1 * torch.randn(a.matrices, a.classes, a.class_dim, a.capsule_dim))
        self.bias = nn.Parameter(torch.zeros(a.classes, a.class_dim))
        self.decoder = None if a.decoder == "none" else _decoder(a)

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return lengths [B, O] and reconstructions [B, C * H * W], or None without a decoder.

        Args:
            images: [B, C, H, W] in [0, 1].
            labels: [B], int64: the classes that the decoder reconstructs.
        """
        a = self.architecture
        maps = self.primary(functional.relu(self.conv(images)))
        types = maps.view(len(images), a.capsule_types, a.capsule_dim, a.positions)
        capsules = squash(types.transpose(2, 3).reshape(len(images), a.capsules, a.capsule_dim))  # [B, I, E]
        poses = self._route(capsules)
        if self.decoder is None:
            return poses.norm(dim=-1), None
        mask = functional.one_hot(labels, a.classes).to(poses.dtype)[:, :, None]
        shown = (poses * mask).flatten(1) if a.decoder == "full" else (poses * mask).sum(1)
        return poses.norm(dim=-1), self.decoder(shown)

    def _route(self, capsules: Tensor) -> Tensor:
        copies = self.architecture.capsules // self.architecture.matrices
        weight = self.weight.repeat_interleave(copies, dim=0)  # [I, O, D, E]
        votes = (weight @ capsules[:, :, None, :, None]).squeeze(-1)  # [B, I, O, D]
        logits = torch.zeros(votes.shape[:3], device=votes.device, dtype=votes.dtype)
        poses = capsules
        for iteration in range(self.architecture.routing_iterations):
            couplings = logits.softmax(dim=2)
            couplings = couplings if self.architecture.routing_gradient == "all" else couplings.detach()
            poses = squash((couplings[..., None] * votes).sum(dim=1) + self.bias)  # [B, O, D]
            if iteration < self.architecture.routing_iterations - 1:
                logits = logits + (votes * poses[:, None]).sum(-1)
        return poses


def check_textbook(a: Architecture) -> None:
    """Check that the plain network can equal that of `a`.

    Raises:
        UsageError: `a` differs in a field that is fixed in the plain network; the message names the field.
    """
    fields = Architecture.model_fields
    others = [f"{name}={getattr(a, name)}" for name in _FIXED if getattr(a, name) != fields[name].default]
    if others:
        plain = ", ".join(f"{name}={fields[name].default}" for name in _FIXED)
        raise UsageError(
            f"the textbook network has {plain}, not {', '.join(others)}: leave out --against textbook"
        )


def squash(vectors: Tensor) -> Tensor:
    """Return vectors of the same directions with lengths below 1 (Sabour et al. 2017, Eq. 1)."""
    squares = (vectors * vectors).sum(-1, keepdim=True)
    # the smallest number of the dtype: the usual 1e-8 would change short vectors
    return squares / (1 + squares) * vectors / torch.sqrt(squares + torch.finfo(squares.dtype).tiny)


def textbook_loss(lengths: Tensor, reconstruction: Tensor | None, images: Tensor, labels: Tensor) -> Tensor:
    """Return margin loss plus reconstruction loss, a scalar (Sabour et al. 2017, Eq. 4)."""
    there = functional.one_hot(labels, lengths.shape[1]).to(lengths.dtype)
    margins = there * functional.relu(0.9 - lengths) ** 2
    margins = margins + 0.5 * (1 - there) * functional.relu(lengths - 0.1) ** 2
    loss = margins.sum(1).mean()
    if reconstruction is None:
        return loss
    return loss + 0.0005 * ((reconstruction - images.flatten(1)) ** 2).sum(1).mean()


def textbook_step(
    architecture: Architecture, images: Tensor, labels: Tensor, seed: int = 0
) -> Callable[[], Tensor]:
    """Return a function that takes one float32 training step with unfused Adam and returns its loss."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = TextbookCapsNet(architecture).to(images.device)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, foreach=False, fused=False)

    def step() -> Tensor:
        adam.zero_grad()
        lengths, reconstruction = network(images, labels)
        loss = textbook_loss(lengths, reconstruction, images, labels)
        torch.autograd.backward(loss)
        adam.step()
        return loss

    return step


def _decoder(a: Architecture) -> nn.Sequential:
    read = (a.classes if a.decoder == "full" else 1) * a.class_dim
    first, second = a.decoder_units
    return nn.Sequential(
        nn.Linear(read, first),
        nn.ReLU(),
        nn.Linear(first, second),
        nn.ReLU(),
        nn.Linear(second, a.pixels),
        nn.Sigmoid(),
    )
