import json

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
