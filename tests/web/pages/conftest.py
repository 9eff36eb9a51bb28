"""The pages of a service on a copy of a real study's database, asked without a server."""

import pytest
from starlette.testclient import TestClient

from paretocaps.storage.store import Store
from paretocaps.web.api.app import create_app
from paretocaps.web.serve_settings import ServeSettings


@pytest.fixture
def store(url):
    with Store.open(url, create=False) as store:
        yield store


@pytest.fixture
def settings(url, tmp_path):
    return ServeSettings(storage=url, folder=tmp_path / "service", supervise=False)


@pytest.fixture
def client(settings):
    """Somebody on this machine who may do everything."""
    app = create_app(settings)
    sent = {"Authorization": f"Bearer {(settings.folder / 'token').read_text().strip()}"}
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=sent) as client:
        yield client


@pytest.fixture
def reader(settings):
    """Somebody on this machine without a token, who may look."""
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        yield client
