"""The catalog of data sets by name; listing them imports nothing heavy."""

from dataclasses import dataclass

from paretocaps.registry import Registry


@dataclass(frozen=True)
class DatasetEntry:
    """A data set of the catalog.

    Args:
        name: the name under which it is registered.
        description: one line for `paretocaps datasets`.
        origin: its origin: an installed package, or the id of a data set on the hub.
        reader: the function that reads it, as "module:attribute"; it is called with this entry and returns a
            `paretocaps.data.raw.RawData`, or a `paretocaps.data.encoded_images.EncodedData` of images that
            have to be decoded.
        config: the configuration of the hub data set; empty if it has only one.
        test_split: the name of the hub data set's test part.
        channels: the number of channels to which all images are converted; None to keep their own.
    """

    name: str
    description: str
    origin: str
    reader: str
    config: str = ""
    test_split: str = "test"
    channels: int | None = None


HUB_READER = "paretocaps.data.sources.hub:read"
"""The reader of any hub data set with a column of images and one of labels (see `sources.image_table`)."""

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
        "svhn": DatasetEntry(
            name="svhn",
            description="99,289 house-number digits of 32x32 pixels in colour, 10 classes; no extra part",
            origin="ufldl-stanford/svhn",
            reader=HUB_READER,
            config="cropped_digits",
        ),
        "cifar10": DatasetEntry(
            name="cifar10",
            description="60,000 photographs of 32x32 pixels in colour, 10 classes",
            origin="uoft-cs/cifar10",
            reader=HUB_READER,
        ),
        "cifar100": DatasetEntry(
            name="cifar100",
            description="60,000 photographs of 32x32 pixels in colour, 100 (fine) classes",
            origin="uoft-cs/cifar100",
            reader=HUB_READER,
        ),
        "tiny-imagenet": DatasetEntry(
            name="tiny-imagenet",
            description="110,000 photographs of 64x64 pixels in colour, 200 classes",
            origin="zh-plus/tiny-imagenet",
            reader=HUB_READER,
            test_split="valid",
            channels=3,
        ),
    },
    group="paretocaps.datasets",
    of=DatasetEntry,
)
