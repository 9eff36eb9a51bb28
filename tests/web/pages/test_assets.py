import gzip

from paretocaps.web.pages.assets import Asset, assets, at


def test_a_file_has_another_address_when_its_content_is_another():
    one, other = (Asset("pages.css", "text/css", content) for content in (b"a", b"b"))
    assert one.address != other.address
    assert one.address.startswith("/static/pages-")
    assert one.address.endswith(".css")


def test_files_are_found_at_their_addresses_only():
    for name, one in assets().items():
        assert at(one.address).name == name
    assert at("/static/pages.css") is None


def test_a_browser_keeps_them_and_gets_them_compressed(client):
    one = assets()["pages.js"]
    answer = client.get(one.address)
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == one.content == gzip.decompress(one.compressed)
    plain = client.get(one.address, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == one.content
    assert client.get("/static/none.js").status_code == 404
