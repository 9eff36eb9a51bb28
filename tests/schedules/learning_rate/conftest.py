"""PyTorch's schedulers, as oracles."""

import pytest


@pytest.fixture(scope="session")
def torch_rates():
    """Return the learning rates that one of PyTorch's schedulers gives the first steps of a training."""
    import torch

    def rates(name, count, lr_max, **options):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr_max)
        scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **options)
        found = []
        for _ in range(count):
            found.append(float(scheduler.get_last_lr()[0]))
            optimizer.step()
            scheduler.step()
        return found

    return rates
