import zipfile

import pytest

from paretocaps.service import queueing


def test_a_trial_is_trained_and_exported_by_submissions(client, url):
    trained = client.post("/api/v1/studies/demo/trials/0/train", json={"epochs": 2}).json()
    assert queueing.submission(trained["id"], url).options == {"trial": 0, "epochs": 2}
    own = {"training": trained["id"]}
    exported = client.post("/api/v1/studies/demo/trials/0/export", json=own).json()
    assert queueing.submission(exported["id"], url).options == {"trial": 0, **own}
    assert client.post("/api/v1/studies/demo/trials/1/export", json=own).status_code == 404
    plain = client.post("/api/v1/studies/demo/trials/1/export")
    assert (plain.status_code, plain.headers["location"]) == (202, f"/api/v1/queue/{plain.json()['id']}")
    assert [one["kind"] for one in client.get("/api/v1/queue").json()] == ["training", "export", "export"]


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("trials/99/train", None, 404, "99"),
        ("trials/0/train", {"epochs": 0}, 422, "epochs=0"),
        ("trials/0/train", {"output": "/etc"}, 422, "output"),
        ("trials/0/train", {"settings": ["checkpoint=/etc/passwd"]}, 422, "file of the service"),
        ("trials/0/export", {"training": 77}, 404, "77"),
    ],
)
def test_what_is_wrong_is_one_line(client, path, body, status, told):
    answer = client.post(f"/api/v1/studies/demo/{path}", json=body)
    assert answer.status_code == status
    assert told in answer.json()["detail"]


def test_an_export_is_listed_and_taken(client, settings, monkeypatch):
    new = client.post("/api/v1/studies/demo/trials/0/export").json()
    place = settings.folder / "exports" / "1" / "demo-trial-0.zip"
    place.parent.mkdir(parents=True)
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("weights", b"numbers")
    store = client.app.state.store
    found = store.submission(new["id"])
    made = type(found)(**{**found.__dict__, "result": {"file": "exports/1/demo-trial-0.zip", "trial": 0}})
    monkeypatch.setattr(type(store), "submissions", lambda *_: [made])
    (listed,) = (one for one in client.get("/api/v1/studies/demo/files").json() if one["kind"] == "export")
    assert listed["bytes"] == place.stat().st_size
    taken = client.get(f"/api/v1/studies/demo/files/{listed['name']}")
    assert taken.content == place.read_bytes()
    assert f'filename="demo-{listed["name"]}"' in taken.headers["content-disposition"]


@pytest.mark.parametrize("name", ["nothing", "..%2F..%2Fstudies.db", "%2Fetc%2Fpasswd", "export-1.zip"])
def test_no_other_file_is_taken(client, name):
    answer = client.get(f"/api/v1/studies/demo/files/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
