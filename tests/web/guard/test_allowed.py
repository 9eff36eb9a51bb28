from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from paretocaps.web.guard.allowed import allowed
from paretocaps.web.guard.principal import LOOPBACK, PRINCIPAL, Principal


def client(principal):
    """A client of an application that one principal uses, or nobody."""
    app = FastAPI()

    @app.get("/run")
    def run(who: Annotated[Principal, Depends(allowed("run"))]) -> str:
        return who.name

    async def put(scope, receive, send):
        if principal is not None:
            scope[PRINCIPAL] = principal
        await app(scope, receive, send)

    return TestClient(put)


@pytest.mark.parametrize("role", ["run", "admin"])
def test_a_role_that_is_enough_passes(role):
    assert client(Principal("alice", role)).get("/run").json() == "alice"


def test_a_role_that_is_too_low_is_refused_with_those_that_are_not():
    answer = client(Principal("alice", "read")).get("/run")
    assert answer.status_code == 403
    assert answer.json()["detail"] == "the token 'alice' has the role read: use one of the role run or admin"


@pytest.mark.parametrize("principal", [None, LOOPBACK])
def test_whoever_has_no_token_is_asked_for_one(principal):
    answer = client(principal).get("/run")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["detail"].startswith("this needs a token of the role run or admin: send it")
