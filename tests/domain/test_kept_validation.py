import pytest

from paretocaps.domain.kept_validation import kept_validation, parse_kept
from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError


@pytest.mark.parametrize(("written", "kept"), [("222", 222), (5, 5), (" ALL", "all")])
def test_a_number_of_images_or_all(written, kept):
    assert parse_kept(written) == kept


@pytest.mark.parametrize("written", ["some", 0, "0", -3, 2.5, True, ""])
def test_anything_else_is_refused_with_its_value(written):
    with pytest.raises(ValueError, match="is not allowed: give a number of images, 1 or more, or all"):
        parse_kept(written)


@pytest.mark.parametrize(
    ("kept", "limit_train", "of_data"),
    [(None, None, None), (None, 9, "proportional"), ("all", 9, None), (7, 9, 7), (7, None, 7)],
)
def test_the_default_follows_the_training_images(kept, limit_train, of_data):
    assert kept_validation(kept, limit_train) == of_data
    spec = StudySpec(limit_train=limit_train, limit_validation=kept)
    assert spec.data_spec.limit_validation == of_data


def test_a_study_refuses_it_by_its_name():
    with pytest.raises(UsageError, match="limit_validation='few' is not allowed: give a number"):
        resolve_spec({"limit_validation": "few"})
