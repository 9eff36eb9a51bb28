import pytest

from paretocaps.domain.ensemble import EnsembleSpec


def test_it_takes_trials_of_its_designs_with_its_choices():
    spec = EnsembleSpec(designs=("wab", "ws"), choices={"batch_size": 16})
    assert spec.takes("ws", {"batch_size": 16, "lr_max": 0.1})
    assert not spec.takes("ws", {"batch_size": 8})
    assert not spec.takes("ws", {})
    assert not spec.takes("baseline", {"batch_size": 16})
    assert EnsembleSpec(designs=("wab",)).takes("wab", {})
    assert EnsembleSpec(choices={"n": 1}).takes(None, {"n": 1})


@pytest.mark.parametrize(
    ("values", "message"), [({}, "has no networks"), ({"designs": ["a"], "size": 1}, "size")]
)
def test_an_ensemble_of_nothing_or_of_one_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        EnsembleSpec.model_validate(values)
