import json
import sys

import pytest

from paretocaps import service


@pytest.mark.parametrize("name", ["datasets", "trainers", "objectives", "samplers"])
def test_parts_are_those_of_the_command(client, name):
    assert client.get(f"/api/v1/{name}").json() == getattr(service, name)()


def test_choices_are_those_of_the_command(client):
    (choice,) = service.choices(name="lr_policy")
    answer = client.get("/api/v1/choices", params={"name": "lr_policy"})
    assert answer.json() == [json.loads(json.dumps(choice.as_dict()))]


def test_an_unknown_trainer_is_told_with_the_known_ones(client):
    answer = client.get("/api/v1/choices", params={"trainer": "nobody"})
    assert answer.status_code == 422
    assert "(known: " in answer.json()["detail"]


def test_the_space_of_a_new_study_is_that_of_the_command(client):
    options = {"space": {"lr_max": {"low": 0.001, "high": 0.1}}, "fix": {"family": "capsnet"}}
    answer = client.post("/api/v1/space", json=options).json()
    assert answer == json.loads(json.dumps(service.space_of(options).as_dict()))
    assert list(answer["space"]) == ["lr_max"]


def test_a_range_of_more_values_than_can_be_listed_counts_as_a_range(client):
    options = {"space": {"decay_every": {"low": 1, "high": 10**12}}}
    answer = client.post("/api/v1/space", json=options).json()
    assert (answer["ranges"], answer["combinations"]) == (["decay_every"], 1)


def test_an_unknown_option_is_told_with_the_nearest(client):
    answer = client.post("/api/v1/space", json={"epoch": 3})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "unknown option 'epoch': did you mean 'epochs'?"


def test_the_schema_of_a_study_has_what_may_be_submitted(client):
    schema = client.get("/api/v1/schema").json()
    assert "objectives" in schema["properties"]
    assert "storage" not in schema["properties"]


def test_the_space_of_a_study_reads_no_file_of_the_service(client):
    answer = client.post("/api/v1/space", json={"fix": {"checkpoint": "/etc/passwd"}})
    assert answer.status_code == 422
    assert "file of the service" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["json.tool:main@1", "this:d@1"])
def test_no_module_is_imported_to_find_a_trainer(client, name):
    for answer in (
        client.get("/api/v1/choices", params={"trainer": name}),
        client.post("/api/v1/space", json={"trainer": name}),
    ):
        assert answer.status_code == 422
        assert "unknown trainer" in answer.json()["detail"]
    client.post("/new/preview", data={"trainer": name})
    assert name.partition(":")[0] not in sys.modules
