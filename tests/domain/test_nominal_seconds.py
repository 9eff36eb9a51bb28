from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.nominal_seconds import nominal_seconds


def test_more_work_costs_more():
    small, large = ([EpochForecast(10, {"step": 1.0, "primary": macs})] for macs in (1e6, 1e9))
    assert 0 < nominal_seconds(small) < nominal_seconds(large)


def test_work_of_an_unknown_kind_costs_nothing():
    assert nominal_seconds([EpochForecast(10, {"letters": 3.0}), EpochForecast(10, {})]) == 0.0
