import pytest
import torch

from paretocaps.errors import UsageError
from paretocaps.training.device import describe_device, open_device


@pytest.mark.parametrize(("threads", "ending"), [(1, "(1 thread)"), (2, "(2 threads)")])
def test_a_processor_is_named_with_its_threads(threads: int, ending: str) -> None:
    torch.set_num_threads(threads)
    device = describe_device(torch.device("cpu"), shared=True)
    assert device.name.endswith(ending)
    assert (device.kind, device.threads, device.shared) == ("cpu", threads, True)
    assert device.torch == torch.__version__


def test_devices_are_opened_by_name() -> None:
    assert open_device("cpu") == torch.device("cpu")
    with pytest.raises(UsageError, match="device 'cuda:99' does not exist here .*: use cpu"):
        open_device("cuda:99")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_is_named() -> None:
    device = describe_device(open_device("cuda:0"))
    assert device.name == torch.cuda.get_device_name(0)
    assert (device.kind, device.threads) == ("cuda", None)


def test_several_ranks_are_another_device() -> None:
    torch.set_num_threads(1)
    one, two = describe_device(torch.device("cpu")), describe_device(torch.device("cpu"), ranks=2)
    assert two.name == one.name.replace("(1 thread)", "(2 ranks of 1 thread)")
    assert two.threads == 1
