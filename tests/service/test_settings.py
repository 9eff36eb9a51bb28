import pytest

from paretocaps.domain.job import DataSpec
from paretocaps.errors import UsageError
from paretocaps.service.settings import data_spec, images_with, parse_preferences, parse_settings


def test_settings_are_text_until_a_model_reads_them():
    assert parse_settings(["a=1", " b = x=y "]) == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize("setting", ["a", "a=", "=1", ""])
def test_a_setting_of_another_form_is_refused(setting):
    with pytest.raises(UsageError, match="is not understood: write NAME=VALUE"):
        parse_settings([setting])


def test_a_choice_is_given_once():
    with pytest.raises(UsageError, match="a is given twice: as 1 and as 2; give it once"):
        parse_settings(["a=1", "a=2"])


def test_images_are_named_by_the_fields_of_a_data_spec():
    assert data_spec({"name": "mnist", "channels": 1}) == DataSpec(name="mnist", channels=1)
    with pytest.raises(UsageError, match="corrupt='drop' is not allowed: it should be 'refuse' or 'skip'"):
        data_spec({"corrupt": "drop"})


def test_preferences_are_numbers_by_objective():
    assert parse_preferences("acc=0.5,time_to(acc=0.9)=2") == {"acc": 0.5, "time_to(acc=0.9)": 2.0}
    with pytest.raises(UsageError, match="write it like acc=0.6,time=0.4"):
        parse_preferences("acc")


def test_a_layout_that_is_given_replaces_one_that_contradicts_it():
    known = {"path": "a", "classes_are_folders": True, "parts": None}
    assert images_with(known, {"parts": "train=x"}) == {"path": "a", "parts": "train=x"}
    assert images_with(known, {"corrupt": "skip"}) == {**known, "corrupt": "skip"}
