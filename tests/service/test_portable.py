import json

import pytest

from paretocaps import service
from paretocaps.errors import UsageError
from paretocaps.report.front import Front
from paretocaps.service.portable import dumped, loaded


def sent(kind, value):
    return loaded(kind, json.loads(json.dumps(dumped(value))))


@pytest.mark.parametrize("view", [{}, {"objectives": "acc,params", "require": "acc>=0.99"}])
def test_a_front_is_the_same_elsewhere(storage, view):
    front = service.load_front("s", storage, **view)
    there = sent(Front, front)
    assert there == front
    assert there.as_dict() == front.as_dict()
    assert there.left_out == front.left_out


def test_a_recommendation_is_the_same_elsewhere(storage):
    found = service.recommend("s", storage)
    assert sent(service.Recommendation, found) == found


def test_choices_and_spaces_are_the_same_elsewhere():
    for choice in service.choices():
        there = sent(service.ChoiceView, choice)
        assert (there.as_dict(), there.summary()) == (choice.as_dict(), choice.summary())
    space = service.space()
    assert sent(service.SpaceView, space) == space


def test_the_answer_of_another_version_is_refused_in_a_line(storage):
    other = dumped(service.load_front("s", storage)) | {"invented": 1}
    with pytest.raises(UsageError, match="another version of paretocaps .KeyError: 'invented'"):
        loaded(Front, other)
    with pytest.raises(UsageError, match="another version of paretocaps .TypeError"):
        loaded(Front, {})


def test_a_mapping_keeps_keys_that_are_no_text():
    assert sent(dict[int, float], {1: 0.5, 2: 1.0}) == {1: 0.5, 2: 1.0}
    assert sent(dict[str, int], {"pairs": 1}) == {"pairs": 1}
