import pytest

from paretocaps.domain.quantities.energy_estimate import EnergyEstimate


def test_it_is_the_training_time_by_the_watts_that_were_named(learned):
    assert EnergyEstimate(65).of(learned([0.5, 0.9, 0.8])) == 4.0 * 65
    assert "65 W" in EnergyEstimate(65.0).description


@pytest.mark.parametrize("watts", [0.0, -1.0, float("inf"), float("nan")])
def test_watts_are_a_number_above_0(watts):
    with pytest.raises(ValueError, match="watts="):
        EnergyEstimate(watts)
