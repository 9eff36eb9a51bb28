import weakref

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.data.pixels import ResidentPixels, StreamedPixels, open_pixels
from paretocaps.data.raw import RawPart

CPU = torch.device("cpu")
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.fixture(scope="module", params=[1, 3])
def parts(request, tmp_path_factory):
    """The same 40 of 100 images: in memory, and as rows of a mapped file."""
    path = tmp_path_factory.mktemp("pixels") / "pixels"
    shape = (100, 6, 5, request.param)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    path.write_bytes(pixels.tobytes())
    rows = np.random.default_rng(1).permutation(100)[:40]
    whole = RawPart(
        np.memmap(path, np.uint8, "r", shape=shape).transpose(0, 3, 1, 2), np.arange(100), "there"
    )
    mapped = whole.take(np.arange(99, -1, -1)).take(rows)
    kept = RawPart(mapped.images, mapped.labels, "there")
    assert mapped.mapped
    assert not kept.mapped
    return ImageSet.from_raw(kept), ImageSet.from_raw(mapped)


def batches(loader, batch_size):
    return [*loader.batches(batch_size, 0), *loader.batches(batch_size, 1), *loader.ordered(batch_size)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("augment", ["none", "shift", "crop"])
@pytest.mark.parametrize("batch_size", [1, 7, 40, 64])
def test_batches_are_the_same_wherever_the_images_lie(parts, device, augment, batch_size) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    loaders = [
        DeviceLoader(images, device, seed=4, augment=augment, room=room)
        for images in parts
        for room in (0, 2**30)
    ]
    kinds = {type(loader._pixels) for loader in loaders}
    assert kinds == {ResidentPixels, StreamedPixels}
    first, *others = [batches(loader, batch_size) for loader in loaders]
    for other in others:
        for (images, labels), (images_too, labels_too) in zip(first, other, strict=True):
            assert torch.equal(images, images_too)
            assert images.stride() == images_too.stride()
            assert torch.equal(labels, labels_too)


def test_what_fits_is_copied_and_mapped_images_stay_on_disk(parts) -> None:
    in_memory, mapped = parts
    needed = 40 * in_memory.pixels[0].numel()
    assert isinstance(open_pixels(in_memory, CPU), ResidentPixels)
    assert isinstance(open_pixels(mapped, CPU), StreamedPixels)
    for images in parts:
        assert isinstance(open_pixels(images, CPU, room=needed), ResidentPixels)
        assert isinstance(open_pixels(images, CPU, room=needed - 1), StreamedPixels)


def test_a_process_copies_a_set_once_and_keeps_the_copy_as_long_as_the_set(parts) -> None:
    images, mapped = parts
    copy = open_pixels(images, CPU)
    assert open_pixels(images, CPU) is copy
    assert open_pixels(images, CPU, room=10**9) is not copy
    open_pixels(mapped, CPU, room=10**9)
    assert isinstance(open_pixels(mapped, CPU), StreamedPixels)
    features = ImageSet(torch.ones(4, 2, 1, 1), torch.arange(4))
    assert open_pixels(features, CPU) is not open_pixels(features, CPU)
    other = ImageSet(images.pixels, images.labels)
    kept = weakref.ref(open_pixels(other, CPU))
    assert kept() is not None
    del other
    assert kept() is None


@given(st.lists(st.lists(st.integers(0, 39), min_size=1, max_size=9), max_size=5))
def test_blocks_are_the_images_asked_for(indices) -> None:
    pixels = torch.arange(40 * 12, dtype=torch.int64).to(torch.uint8).view(40, 3, 2, 2)
    images = ImageSet(pixels, torch.arange(40))
    chosen = [torch.tensor(some) for some in indices]
    for kind in (ResidentPixels, StreamedPixels):
        if not chosen:
            continue
        found = list(kind(images, CPU).blocks(chosen))
        assert len(found) == len(chosen)
        for block, some in zip(found, chosen, strict=True):
            assert block.is_contiguous()
            assert torch.equal(block.permute(0, 3, 1, 2), pixels[some])
