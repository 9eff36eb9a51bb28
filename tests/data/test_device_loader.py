import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.data import device_loader as module
from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.errors import UnknownNameError, UsageError


def image_set(count=23, shape=(3, 6, 5)):
    generator = torch.Generator().manual_seed(count)
    pixels = torch.randint(0, 256, (count, *shape), generator=generator, dtype=torch.uint8)
    return ImageSet(pixels, torch.arange(count))  # labels that tell which image it is


def joined(batches):
    images, labels = zip(*batches, strict=True)
    return torch.cat(images), torch.cat(labels)


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 30))
def test_an_epoch_has_every_image_once_with_its_label(count, batch_size, epoch) -> None:
    data = image_set(count)
    loader = DeviceLoader(data, "cpu", seed=1)
    batches = list(loader.batches(batch_size, epoch))
    assert len(batches) == loader.steps(batch_size)
    assert [len(labels) for _, labels in batches[:-1]] == [batch_size] * (len(batches) - 1)
    assert len(batches[-1][1]) == (count - 1) % batch_size + 1
    images, labels = joined(batches)
    assert sorted(labels.tolist()) == list(range(count))
    assert torch.equal(images, data.images[labels].float() / 255)


@pytest.mark.parametrize("shape", [(1, 6, 5), (3, 6, 5)])
@pytest.mark.parametrize("augment", ["none", "shift"])
def test_batches_are_float_and_channels_last(shape, augment) -> None:
    loader = DeviceLoader(image_set(5, shape), "cpu", augment=augment)
    channels, height, width = shape
    for images, labels in [*loader.batches(2, 0), *loader.ordered(2)]:
        assert images.shape[1:] == shape
        assert images.dtype is torch.float32
        assert labels.dtype is torch.int64
        # is_contiguous() says yes to anything with one channel; convolutions look at the strides
        assert images.stride() == (channels * height * width, 1, width * channels, channels)


def test_the_scale_is_exact_at_every_level() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    images, _ = joined(DeviceLoader(ImageSet(pixels, torch.zeros(1, dtype=torch.int64)), "cpu").ordered(1))
    assert torch.equal(images.flatten(), torch.arange(256) / 255)


@pytest.mark.parametrize("augment", ["none", "shift"])
def test_an_epoch_is_the_same_for_every_batch_and_block_size(augment, monkeypatch) -> None:
    loader = DeviceLoader(image_set(), "cpu", seed=5, augment=augment)
    images, labels = joined(loader.batches(23, epoch=2))
    for values in (1, 7 * 90, 10**9):
        monkeypatch.setattr(module, "BLOCK_VALUES", values)
        for batch_size in (1, 3, 7, 100):
            again, labels_again = joined(loader.batches(batch_size, epoch=2))
            assert torch.equal(again, images)
            assert torch.equal(labels_again, labels)


def test_order_follows_from_seed_and_epoch_alone() -> None:
    def order(seed, epoch):
        return tuple(joined(DeviceLoader(image_set(), "cpu", seed).batches(4, epoch))[1].tolist())

    pairs = [(seed, epoch) for seed in (0, 1, -1, 2**31, 2**63) for epoch in (0, 1, 2)]
    orders = {order(*pair) for pair in pairs}
    assert len(orders) == len(pairs)
    assert orders == {order(*pair) for pair in pairs}


def test_shuffling_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    list(DeviceLoader(image_set(), "cpu", augment="shift").batches(4, 0))
    assert torch.equal(torch.get_rng_state(), before)


def test_every_place_is_equally_likely() -> None:
    loader = DeviceLoader(image_set(4, (1, 1, 1)), "cpu", seed=3)
    firsts = torch.tensor([next(loader.batches(1, epoch))[1].item() for epoch in range(800)])
    assert firsts.bincount().min() > 150  # 200 expected, standard deviation 12


def test_augmentation_changes_images_and_differs_by_epoch() -> None:
    data = image_set()
    loader = DeviceLoader(data, "cpu", augment="shift")
    first, labels = joined(loader.batches(8, 0))
    second, labels_second = joined(loader.batches(8, 1))
    assert not torch.equal(first, data.images[labels].float() / 255)
    assert not torch.equal(first[labels.argsort()], second[labels_second.argsort()])


@pytest.mark.parametrize("batch_size", [1, 4, 23, 100])
def test_evaluation_is_in_order_and_unchanged(batch_size) -> None:
    data = image_set()
    images, labels = joined(DeviceLoader(data, "cpu", augment="shift").ordered(batch_size))
    assert torch.equal(labels, data.labels)
    assert torch.equal(images, data.images.float() / 255)


def test_some_images_are_of_all_parts_and_all_are_in_order() -> None:
    loader = DeviceLoader(image_set(), "cpu")
    _, labels = joined(loader.spread(5, 2))
    assert labels.tolist() == [0, 4, 9, 13, 18]
    for some, every in zip(loader.spread(99, 4), loader.ordered(4), strict=True):
        assert torch.equal(some[0], every[0])
        assert torch.equal(some[1], every[1])


def test_the_first_images_share_no_memory_with_others() -> None:
    data = image_set()
    images, labels = DeviceLoader(data, "cpu", augment="shift").first(3)
    assert torch.equal(images, data.images[:3].float() / 255)
    assert labels.tolist() == [0, 1, 2]
    assert images.untyped_storage().nbytes() == images.nbytes


def test_batches_do_not_write_to_the_images() -> None:
    data = image_set()
    before = data.images.clone()
    loader = DeviceLoader(data, "cpu")
    for images, labels in [*loader.batches(4, 0), *loader.ordered(4)]:
        images.zero_()
        del labels
    assert torch.equal(data.images, before)
    assert torch.equal(joined(loader.ordered(4))[0], before.float() / 255)


def test_sizes() -> None:
    loader = DeviceLoader(image_set(), "cpu")
    assert len(loader) == 23
    assert [loader.steps(size) for size in (1, 7, 8, 23, 24)] == [23, 4, 3, 1, 1]


@pytest.mark.parametrize("batch_size", [0, -3])
def test_an_impossible_batch_size_is_refused_before_the_first_batch(batch_size) -> None:
    loader = DeviceLoader(image_set(), "cpu")
    for call in (lambda: loader.batches(batch_size, 0), lambda: loader.ordered(batch_size)):
        with pytest.raises(UsageError, match=f"batch_size={batch_size}"):
            call()


def test_an_unknown_augmentation_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown augmentation 'shifts': did you mean 'shift'\?"):
        DeviceLoader(image_set(), "cpu", augment="shifts")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("augment", ["none", "shift"])
def test_an_epoch_is_the_same_on_the_gpu(augment) -> None:
    on_cpu, on_gpu = (DeviceLoader(image_set(), device, 1, augment) for device in ("cpu", "cuda"))
    for (images, labels), (images_gpu, labels_gpu) in zip(
        on_cpu.batches(4, 1), on_gpu.batches(4, 1), strict=True
    ):
        assert images_gpu.is_cuda
        torch.testing.assert_close(images_gpu.cpu(), images, rtol=0, atol=1e-7)
        assert torch.equal(labels_gpu.cpu(), labels)
