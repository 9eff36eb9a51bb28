"""The images that an export is checked on."""

from torch import Tensor

from paretocaps.data.load import load
from paretocaps.domain.job import DataSpec
from paretocaps.errors import UsageError
from paretocaps.export.package import CHECKED
from paretocaps.models.network import Network


def images_of(data: DataSpec, network: Network) -> Tensor | None:
    """Return up to 256 test images of `data`, float32 [N, C, H, W] in [0, 1].

    None where the data cannot be read any more, or have images of another size than the network takes.
    """
    a = network.architecture
    try:
        images = load(data).test.images[:CHECKED]
    except UsageError:  # of which data errors are a kind
        return None
    return images.float() / 255 if tuple(images.shape[1:]) == (a.channels, a.height, a.width) else None
