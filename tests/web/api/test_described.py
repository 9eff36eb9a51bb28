import json
import re

import pytest

from paretocaps.web.problems import PROBLEM

ALWAYS = {"400", "401", "403", "413", "422", "429", "500", "503"}


@pytest.fixture
def described(client):
    return client.get("/api/v1/openapi.json").json()


@pytest.fixture
def operations(described):
    """What is told of each method and path."""
    return {
        (method, path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def test_every_answer_is_described(operations):
    assert len(operations) > 30
    for asked, operation in operations.items():
        assert operation["summary"], asked
        for status, answer in operation["responses"].items():
            schemas = [one["schema"] for one in answer.get("content", {}).values()]
            assert all(schemas), (asked, status)


def test_every_refusal_is_a_problem(operations):
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for asked, operation in operations.items():
        refusals = {status: said for status, said in operation["responses"].items() if status >= "400"}
        assert set(refusals) >= ALWAYS, asked
        for status, said in refusals.items():
            assert said["content"] == problem, (asked, status)


def test_a_problem_is_described_as_it_is_told(described, client):
    told = client.get("/api/v1/studies/nobody/front").json()
    schema = described["components"]["schemas"]["Problem"]
    assert set(schema["properties"]) == set(told)
    assert set(schema["required"]) <= set(told)


def test_what_a_path_answers_of_its_own_is_kept(operations):
    submitted = operations["post", "/api/v1/studies"]["responses"]
    assert set(submitted) == ALWAYS | {"202", "404", "409", "415"}
    assert submitted["415"]["description"] == "Unsupported Media Type"
    assert set(operations["get", "/readyz"]["responses"]) == ALWAYS | {"200"}


def test_no_schema_is_missing_or_of_the_framework(described):
    schemas = described["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert "Problem" in named
    assert named <= set(schemas)
    assert not {name for name in schemas if "ValidationError" in name}


def test_it_is_made_once(client):
    assert client.app.openapi() is client.app.openapi()
