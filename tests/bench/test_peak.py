import torch

from paretocaps.bench import peak
from paretocaps.bench.peak import peak_flops

CPU = torch.device("cpu")


def test_the_peak_is_that_of_a_product_and_measured_once():
    first = peak_flops(CPU, torch.float32)
    assert first > 1e8
    assert peak_flops(CPU, torch.float32) == first


def test_no_product_is_timed_that_takes_minutes(monkeypatch):
    sides = []

    def seconds(device, call, trials=8):
        sides.append(call().shape[0])
        return 1.0 if sides[-1] >= 512 else 0.1

    monkeypatch.setattr(peak, "_seconds", seconds)
    assert peak_flops.__wrapped__(CPU, torch.float64) == 2 * 512**3
    assert sides == [256, 512, 512, 512]
