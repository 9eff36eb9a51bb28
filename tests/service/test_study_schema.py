import pytest

from paretocaps.domain.study_spec import StudySpec
from paretocaps.service.study_schema import OF_SERVICE, option_meanings, study_schema


def test_every_option_of_a_study_has_its_meaning():
    assert option_meanings().keys() == StudySpec.model_fields.keys()
    assert option_meanings()["data"] == option_meanings()["dataset"]
    assert option_meanings()["trials"].startswith("the total number of finished trials; running")
    assert option_meanings()["ensembles"].endswith("their weights are kept.")


def test_the_schema_has_what_a_submitted_study_may_name():
    schema = study_schema()
    assert schema["properties"].keys() == StudySpec.model_fields.keys() - set(OF_SERVICE)
    assert schema["properties"]["trials"]["minimum"] == 1
    assert all(one["description"] for one in schema["properties"].values())


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("trainer", "capsnet"),
        ("sampler", "gaussian"),
        ("stop_early", "rungs"),
        ("dataset", "mnist"),
        ("objectives", "acc"),
    ],
)
def test_names_that_are_registered_are_offered(option, name):
    assert name in study_schema()["properties"][option]["examples"]


def test_nobody_changes_the_schema_of_others():
    study_schema()["properties"].clear()
    assert study_schema()["properties"]
