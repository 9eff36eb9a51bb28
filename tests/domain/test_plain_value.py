import numpy as np
import pytest

from paretocaps.domain.plain_value import is_plain, plain


def test_values_are_as_the_database_has_them():
    given = {"hidden": (64, np.int64(32)), "rate": np.float32(0.5), "on": True, "none": None, "text": "a"}
    found = plain(given)
    assert found == {"hidden": [64, 32], "rate": 0.5, "on": True, "none": None, "text": "a"}
    assert [type(one) for one in found["hidden"]] == [int, int]
    assert type(found["rate"]) is float
    assert plain(1e-3) == 1e-3


@pytest.mark.parametrize("value", [int, object(), {"a": [set()]}, np.arange(2)])
def test_what_has_no_form_there_is_told(value):
    with pytest.raises(ValueError, match="cannot be stored|only|size"):
        plain(value)
    assert not is_plain(value)
    assert is_plain([1, "a"])
