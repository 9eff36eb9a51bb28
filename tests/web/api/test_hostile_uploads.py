"""200 hostile and broken uploads are sent to a service over HTTP; it answers each, and then a whole one."""

import json
import os
import threading
import time
import urllib.request
import warnings
from urllib.error import HTTPError

import pytest
import uvicorn

from paretocaps.web.api.app import create_app
from paretocaps.web.guard.options import GuardOptions
from paretocaps.web.serve_settings import ServeSettings
from tests.data.uploaded.hostile import LIMITS, uploads
from tests.data.uploaded.packing import flowers, zipped

pytestmark = pytest.mark.service


@pytest.fixture
def settings(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    guard = GuardOptions(rate=10_000)
    return ServeSettings(
        storage=url, folder=tmp_path / "service", supervise=False, uploads=LIMITS, guard=guard
    )


@pytest.fixture
def send(settings):
    """Return a function that uploads bytes, and returns the status and the answer."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    token = (settings.folder / "token").read_text().strip()

    def send(name, content):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/data?name={name}", content, {"Authorization": f"Bearer {token}"}
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refused:
            with refused:
                return refused.status, json.load(refused)

    yield send
    server.should_exit = True
    thread.join()


def test_each_is_answered_with_one_text_and_none_writes_outside(send, settings, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of names that are there twice
        hostile = uploads()
    beside = sorted(os.listdir(tmp_path))
    for number, (name, content) in enumerate(hostile.items()):
        status, answer = send(f"set-{number}", content)
        assert status in (413, 422), (name, answer)
        assert answer["detail"].isprintable(), name
    assert os.listdir(settings.folder / "uploads") == []
    assert sorted(os.listdir(tmp_path)) == beside
    assert not list(tmp_path.rglob("*evil*"))
    assert send("flowers", zipped(flowers(10)))[0] == 201
