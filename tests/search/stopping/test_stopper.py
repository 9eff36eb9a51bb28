import pytest

from paretocaps.errors import UnknownNameError
from paretocaps.search.stopping.stopper import STOPPERS, Stopper


@pytest.mark.parametrize("name", list(STOPPERS))
def test_every_rule_has_a_description(name, objectives):
    rule = STOPPERS.get(name)(objectives)
    assert isinstance(rule, Stopper)
    assert rule.description


@pytest.mark.parametrize("name", list(STOPPERS))
def test_no_rule_stops_the_only_training(name, objectives, asked):
    verdict = STOPPERS.get(name)(objectives).verdict(*asked([(-0.1, 9, 9)]))
    assert verdict is None or verdict.goes_on


def test_another_name_is_refused():
    with pytest.raises(UnknownNameError, match="early-stopping rule 'rung'.*rungs"):
        STOPPERS.get("rung")
