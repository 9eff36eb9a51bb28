"""The data sets one can name; listing them imports nothing heavy."""

from dataclasses import dataclass

from paretocaps.registry import Registry


@dataclass(frozen=True)
class DatasetEntry:
    """A data set by name.

    Args:
        name: the name it is registered under.
        description: one line for `paretocaps datasets`.
        origin: where it comes from: an installed package, or the id of a data set on the hub.
        reader: where the function lives that reads it, as "module:attribute"; it is called with
            this entry and returns a `paretocaps.data.raw.RawData`.
    """

    name: str
    description: str
    origin: str
    reader: str


HUB_READER = "paretocaps.data.sources.hub:read"
"""Reads any image-classification data set of the hub that has columns `image` and `label`."""

DATASETS: Registry[DatasetEntry] = Registry(
    "data set",
    {
        "digits": DatasetEntry(
            name="digits",
            description="1,797 handwritten digits of 8x8 pixels, 10 classes; needs no network",
            origin="scikit-learn",
            reader="paretocaps.data.sources.digits:read",
        ),
        "mnist": DatasetEntry(
            name="mnist",
            description="70,000 handwritten digits of 28x28 pixels, 10 classes",
            origin="ylecun/mnist",
            reader=HUB_READER,
        ),
        "fashion-mnist": DatasetEntry(
            name="fashion-mnist",
            description="70,000 articles of clothing of 28x28 pixels, 10 classes",
            origin="zalando-datasets/fashion_mnist",
            reader=HUB_READER,
        ),
    },
    group="paretocaps.datasets",
)
