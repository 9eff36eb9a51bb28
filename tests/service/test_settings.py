import pytest

from paretocaps.errors import UsageError
from paretocaps.service.settings import parse_settings


def test_settings_are_text_until_a_model_reads_them():
    assert parse_settings(["a=1", " b = x=y "]) == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize("setting", ["a", "a=", "=1", ""])
def test_a_setting_of_another_form_is_refused(setting):
    with pytest.raises(UsageError, match="is not understood: write NAME=VALUE"):
        parse_settings([setting])


def test_a_choice_is_given_once():
    with pytest.raises(UsageError, match="a is given twice: 1 and 2"):
        parse_settings(["a=1", "a=2"])
