"""What watches the tensor operations of a thread, below autograd: to count or record them."""

from torch.utils import _python_dispatch


class OperationWatcher(_python_dispatch.TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Is called for each tensor operation inside a `with` block, by the thread that entered it."""


def is_watched() -> bool:
    """Return whether tensor operations are watched at present; true where torch does not tell."""
    tells = getattr(_python_dispatch, "is_in_torch_dispatch_mode", None)
    return tells is None or bool(tells())
