"""Opens a device, and describes it as measurements do."""

import torch

from paretocaps.cores import part
from paretocaps.domain.measurement import Device
from paretocaps.errors import UsageError
from paretocaps.host import processor_name


def open_device(name: str) -> torch.device:
    """Return the torch device called `name` ("cpu", "cuda", "cuda:1").

    Raises:
        UsageError: there is no such device here.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UsageError(f"device={name!r} is not understood: write cpu, cuda or cuda:0") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"device {name!r} does not exist here ({torch.cuda.device_count()} CUDA devices): use cpu"
        )
    if device.type == "cuda":
        torch.cuda.set_device(device)  # graphs are captured on a stream of the current device
    return device


def describe_device(
    device: torch.device, shared: bool = False, loaded: bool = False, ranks: int = 1
) -> Device:
    """Return name, kind, torch version and threads of `device`, as measurements carry them.

    The name of a CPU includes its threads, and with several ranks their number: times on one and on two
    threads, or of one and of two ranks, do not compare, so they count as times of two devices. The name of a
    slot is that of its CPU with its part of it: "1 of 2 threads".
    """
    version = torch.__version__
    if device.type == "cuda":
        cuda = torch.cuda.get_device_name(device) + (f" ({ranks} ranks)" if ranks > 1 else "")
        return Device(name=cuda, kind="cuda", torch=version, shared=shared, loaded=loaded)
    threads = torch.get_num_threads()
    of_ranks = f"{ranks} ranks of " if ranks > 1 else ""
    counted = f"{part()} threads" if part() else f"{threads} thread{'s' if threads > 1 else ''}"
    name = f"{processor_name()} ({of_ranks}{counted})"
    return Device(name=name, kind=device.type, torch=version, threads=threads, shared=shared, loaded=loaded)
