import numpy as np
import torch

from paretocaps.data.images import DataSplits, ImageSet
from paretocaps.data.raw import RawPart


def test_tensors_have_the_values_and_types() -> None:
    images = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    made = ImageSet.from_raw(RawPart(images, np.array([1, 0]), "there"))
    assert made.images.dtype is torch.uint8
    assert made.labels.dtype is torch.int64
    assert made.images.numpy().tolist() == images.tolist()
    assert len(made) == 2
    assert made.shape == (3, 4, 5)


def test_read_only_and_strided_arrays_are_taken_without_a_warning() -> None:
    images = np.frombuffer(bytes(range(48)), np.uint8).reshape(4, 1, 3, 4)[::2]
    labels = np.frombuffer(np.arange(2).tobytes(), np.int64)
    made = ImageSet.from_raw(RawPart(images, labels, "there"))
    assert made.images.is_contiguous()
    assert made.images[1].flatten().tolist() == list(range(24, 36))
    made.images.zero_()
    assert images[1, 0, 0, 0] == 24


def test_splits_know_the_shape() -> None:
    one = ImageSet(torch.zeros(1, 3, 8, 9, dtype=torch.uint8), torch.zeros(1, dtype=torch.int64))
    assert DataSplits(one, one, one, classes=1, name="there").shape == (3, 8, 9)


def test_some_rows_of_shared_pixels() -> None:
    pixels = torch.arange(24, dtype=torch.uint8).view(4, 1, 2, 3)
    some = ImageSet(pixels, torch.tensor([7, 8]), torch.tensor([3, 1]))
    assert len(some) == 2
    assert some.shape == (1, 2, 3)
    assert torch.equal(some.images, pixels[[3, 1]])
    block = some.channels_last(torch.tensor([1]))
    assert block.tolist() == pixels[1:2].permute(0, 2, 3, 1).tolist()
    assert block.stride() == (6, 3, 1, 1)


def test_some_images_are_spread_over_all_of_them() -> None:
    pixels, labels = torch.arange(40, dtype=torch.uint8).view(10, 1, 2, 2), torch.arange(10) // 2
    whole = ImageSet(pixels, labels)
    some = whole.spread(5)
    assert some.labels.tolist() == [0, 1, 2, 3, 4]
    assert torch.equal(some.images, pixels[::2])
    assert torch.equal(ImageSet(pixels, labels[5:], torch.arange(5, 10)).spread(2).images, pixels[[5, 7]])
    assert torch.equal(whole.spread(99).images, pixels)


def test_a_digest_tells_images_apart() -> None:
    pixels = torch.arange(40, dtype=torch.uint8).view(10, 1, 2, 2)
    rows = torch.tensor([3, 1])
    some = ImageSet(pixels, torch.tensor([7, 8]), rows)
    assert some.digest == ImageSet(pixels[rows], torch.tensor([0, 0])).digest
    others = (
        ImageSet(pixels, some.labels, rows.flip(0)),
        ImageSet(pixels.view(10, 1, 1, 4), some.labels, rows),
    )
    assert len({some.digest, *(one.digest for one in others)}) == 3
