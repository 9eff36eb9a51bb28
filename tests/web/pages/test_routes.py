def test_what_is_not_there_is_told_by_a_page_where_a_browser_asks(reader):
    page = reader.get("/nothing", headers={"accept": "text/html,*/*"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "nothing is at &#39;nothing&#39;" in page.text  # texts on pages name no folders
    for path, accept in (("/nothing", "*/*"), ("/api/v1/nothing", "text/html,*/*")):
        told = reader.get(path, headers={"accept": accept})
        assert told.headers["content-type"] == "application/problem+json"
        assert told.json()["detail"] == f"nothing is at '{path}'"


def test_a_file_that_is_no_more_is_named(reader):
    assert reader.get("/static/old.js").json()["detail"] == "there is no file 'old.js': reload the page"
