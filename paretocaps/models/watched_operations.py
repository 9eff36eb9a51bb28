"""What watches the tensor operations of a thread, below autograd: to count or record them."""

import torch
from torch.utils import _python_dispatch


class OperationWatcher(_python_dispatch.TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Is called for each tensor operation inside a `with` block, by the thread that entered it."""


def is_watched() -> bool:
    """Return whether this thread's tensor operations are watched; true where torch does not tell."""
    watchers = getattr(torch._C, "_len_torch_dispatch_stack", None)
    return watchers is None or watchers() > 0
