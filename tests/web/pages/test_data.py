import io
import zipfile

from PIL import Image

from paretocaps.service.uploading import data_sets


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
