import io
import zipfile
from dataclasses import replace

from PIL import Image
from starlette.testclient import TestClient

from paretocaps.data.uploaded.upload_limits import UploadLimits
from paretocaps.service.uploading import data_sets
from paretocaps.web.api.app import create_app


def archive(classes=("cat", "dog"), images=12):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for place, name in enumerate(classes):
            for number in range(images):
                picture = io.BytesIO()
                Image.new("L", (8, 8), 40 * place + number).save(picture, "PNG")
                packed.writestr(f"{name}/{number}.png", picture.getvalue())
    return made.getvalue()


def test_a_set_is_uploaded_listed_offered_and_removed(client, settings):
    sent = {"file": ("pets.zip", archive(), "application/zip")}
    answer = client.post("/data", data={"name": "pets"}, files=sent, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/data")
    page = client.get("/data").text
    assert "upload:pets" in page
    assert "2 classes" in page
    assert 'value="data:upload:pets"' in client.get("/new").text
    assert client.post("/data/pets/remove", follow_redirects=False).headers["location"] == "/data"
    assert data_sets(settings.folder, None) == []


def test_what_cannot_be_kept_is_told_on_the_page(client):
    answer = client.post("/data", data={"name": "none"}, files={"file": ("none.zip", b"nothing", "x/y")})
    assert answer.status_code == 422
    assert 'class="alert"' in answer.text
    assert "Upload a set" in answer.text
    assert client.post("/data/none/remove").status_code == 404


def test_what_was_typed_stays_where_a_set_is_refused(client):
    typed = {"name": "my-set", "channels": "3", "parts": 'train=A&"<b>', "corrupt": "skip"}
    page = client.post("/data", data=typed, files={"file": ("none.zip", b"nothing", "x/y")}).text
    assert 'name="name" value="my-set"' in page
    assert '<option value="3" selected>' in page
    assert 'name="parts" value="train=A&amp;&#34;&lt;b&gt;"' in page
    assert '<option value="skip" selected>' in page
    fresh = client.get("/data").text
    assert 'name="name" value=""' in fresh
    assert " selected" not in fresh


def test_what_was_typed_stays_where_the_file_is_too_large(settings):
    small = replace(settings, uploads=UploadLimits(size=100))
    app = create_app(small)
    sent = {"Authorization": f"Bearer {(small.folder / 'token').read_text().strip()}"}
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=sent) as client:
        answer = client.post("/data", data={"name": "big"}, files={"file": ("big.zip", bytes(1000), "x/y")})
    assert answer.status_code == 413
    assert 'name="name" value="big"' in answer.text
