import pytest
import torch


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    """Small tensors gain nothing from threads, and lose much on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
