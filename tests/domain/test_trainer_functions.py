from paretocaps.domain import trainer, trainer_functions
from paretocaps.domain.trainer_functions import CheckedData


def test_a_trainer_that_found_nothing_tells_nothing():
    assert CheckedData() == CheckedData(remarks=(), reading=None, anew=(), facts={})


def test_all_functions_are_found_beside_the_spec_that_names_them():
    named = {name for name, value in vars(trainer_functions).items() if getattr(value, "_is_protocol", False)}
    assert {"Train", "Judge"} < named - {"Protocol"} <= set(trainer.__all__)
