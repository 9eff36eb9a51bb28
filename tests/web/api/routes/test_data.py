"""Sets of images are uploaded, listed and removed over HTTP."""

import os
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from paretocaps.web.api.app import create_app
from tests.data.uploaded.hostile import LIMITS
from tests.data.uploaded.packing import flowers, png, zipped

WHOLE = zipped(flowers(10))
DATA = "/api/v1/data"


@pytest.fixture
def settings(settings, tmp_path):
    (tmp_path / "root" / "photos").mkdir(parents=True)
    return replace(settings, uploads=LIMITS, data_root=tmp_path / "root")


def left(settings):
    """Return what is in the folder of uploads."""
    return sorted(os.listdir(settings.folder / "uploads"))


def test_a_file_is_uploaded_listed_and_removed(client, settings):
    made = client.post(DATA, params={"name": "flowers", "channels": "3"}, content=WHOLE)
    assert made.status_code == 201
    assert made.headers["Location"] == f"{DATA}/flowers"
    found = made.json()
    assert (found["data"], found["kind"], found["files"]) == ("upload:flowers", "upload", 20)
    assert found["told"][0].startswith("2 classes: daisy, rose; 15 training")
    assert found["reading"] == {"channels": 3}
    assert client.get(f"{DATA}/flowers").json() == found
    assert [one["data"] for one in client.get(DATA).json()] == ["upload:flowers", "photos"]
    assert client.delete(f"{DATA}/flowers").status_code == 204
    assert client.get(f"{DATA}/flowers").status_code == 404
    assert left(settings) == []


def test_a_form_is_taken_as_a_page_sends_it(client, settings):
    broken = zipped({**flowers(10), "daisy/9.png": b"no image"})
    fields = {"name": "flowers", "corrupt": "skip", "parts": "", "classes_are_folders": "on"}
    made = client.post(DATA, data=fields, files={"file": ("flowers.zip", broken)})
    assert made.status_code == 201, made.text
    assert made.json()["reading"] == {"corrupt": "skip", "classes_are_folders": True}
    assert left(settings) == ["flowers"]


def test_what_is_refused_is_told_as_on_the_command_line(client, settings):
    loose = client.post(DATA, params={"name": "loose"}, content=zipped({"0.png": png()}))
    assert loose.status_code == 422
    assert loose.headers["Content-Type"] == "application/problem+json"
    assert loose.json()["detail"].startswith("data folder 'loose' holds images but no class folders: put")
    leaving = client.post(DATA, params={"name": "x"}, content=zipped({"../x": b""}))
    assert leaving.json()["detail"].startswith("the upload has the file '../x', whose path leads out of it")
    assert left(settings) == []


@pytest.mark.parametrize(
    ("sent", "status", "detail"),
    [
        ({"params": {"name": "a b"}, "content": WHOLE}, 422, "name='a b' is not allowed: give up to 64"),
        ({"content": WHOLE}, 422, "name='' is not allowed"),
        ({"params": {"name": "a", "channels": "2"}, "content": WHOLE}, 422, "channels='2' is not allowed"),
        ({"params": {"name": "a", "transpose": "maybe"}, "content": WHOLE}, 422, "transpose='maybe' is not"),
        ({"params": {"name": "a", "parts": "../x"}, "content": WHOLE}, 422, "parts='../x' is not understood"),
        ({"params": {"name": "a"}, "content": bytes(2**20 + 1)}, 413, "the upload has more than"),
        ({"params": {"name": "a"}, "content": b""}, 422, "the upload is empty"),
        (
            {"data": {"name": "a"}, "files": {"f": ("a", b"1"), "g": ("b", b"2")}},
            422,
            "the files 'a' and 'b'",
        ),
    ],
)
def test_a_request_is_refused_before_anything_is_unpacked(client, settings, sent, status, detail):
    answer = client.post(DATA, **sent)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]
    assert left(settings) == []


def test_a_name_is_taken_once(client, settings):
    (settings.folder / "uploads" / "flowers").mkdir(parents=True)
    answer = client.post(DATA, params={"name": "flowers"}, content=WHOLE)
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("there is an upload called 'flowers'")


def test_what_a_killed_service_left_is_removed_at_the_start(settings):
    (settings.folder / "uploads" / ".0123.part").mkdir(parents=True)
    with TestClient(create_app(settings)):
        assert left(settings) == []
