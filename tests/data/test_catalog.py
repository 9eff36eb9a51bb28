import pytest

from paretocaps.data.catalog import DATASETS
from paretocaps.errors import UnknownNameError
from paretocaps.registry import resolve

NAMES = ["digits", "mnist", "fashion-mnist", "svhn", "cifar10", "cifar100", "tiny-imagenet"]


def test_the_built_in_names() -> None:
    assert set(NAMES) <= set(DATASETS)


@pytest.mark.parametrize("name", NAMES)
def test_entries_describe_themselves_and_can_be_read(name) -> None:
    entry = DATASETS.get(name)
    assert entry.name == name
    assert entry.description
    assert "\n" not in entry.description
    assert entry.origin
    assert callable(resolve(entry.reader))


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'fashion-mnist'\?"):
        DATASETS.get("fashion_mnist")
