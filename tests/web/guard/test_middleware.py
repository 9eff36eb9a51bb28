from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from paretocaps.web.guard.middleware import Guard
from paretocaps.web.guard.principal import LOOPBACK, PRINCIPAL


def test_a_request_has_a_principal():
    app = FastAPI()
    app.add_middleware(Guard)

    @app.get("/")
    def name(request: Request) -> str:
        return request.scope[PRINCIPAL].name

    assert TestClient(app).get("/").json() == LOOPBACK.name
