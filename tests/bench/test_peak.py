import torch

from paretocaps.bench.peak import peak_flops

CPU = torch.device("cpu")


def test_the_peak_is_that_of_a_product_and_measured_once():
    first = peak_flops(CPU, torch.float32)
    assert first > 1e8
    assert peak_flops(CPU, torch.float32) == first
