from paretocaps.domain import trainer, trainer_functions
from paretocaps.domain.forecast import Forecast
from paretocaps.domain.trainer_functions import CheckedData, forecast_of
from paretocaps.errors import UsageError


def test_a_trainer_that_found_nothing_tells_nothing():
    assert CheckedData() == CheckedData(remarks=(), reading=None, anew=(), facts={})


def test_all_functions_are_found_beside_the_spec_that_names_them():
    named = {name for name, value in vars(trainer_functions).items() if getattr(value, "_is_protocol", False)}
    assert {"Train", "Judge"} < named - {"Protocol"} <= set(trainer.__all__)


def test_nothing_is_told_of_choices_that_a_forecaster_refuses():
    def forecaster(choices):
        if choices["blocks"] > 1:
            raise UsageError("too many")
        return Forecast(exact={"params": 3})

    assert forecast_of(forecaster, {"blocks": 1}).exact == {"params": 3}
    assert forecast_of(forecaster, {"blocks": 2}) == forecast_of(None, {}) == Forecast()
