import pytest

from paretocaps import errors
from paretocaps.web.problems import status_of, text_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UnavailableError("away", "away"), 503),
        (errors.StorageError("no study"), 404),
        (errors.UsageError("wrong"), 422),
        (errors.DataError("unfit"), 422),
        (errors.TrainingError("ended"), 500),
        (errors.MissingError("gone"), 404),
        (errors.TooLargeError("too much"), 413),
        (errors.StateError("ended already"), 409),
    ],
)
def test_an_error_has_its_status(error, status):
    assert status_of(error) == status


def test_what_failed_names_no_place_of_the_database():
    told = text_of(errors.UnavailableError("storage '/srv/a \"b\": c/studies.db': it is locked", "locked"))
    assert told == "the database: it is locked"
    assert text_of(errors.StorageError("storage 'x.db': no study")) == "storage 'x.db': no study"
