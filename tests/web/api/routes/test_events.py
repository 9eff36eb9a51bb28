def numbers(text):
    return [int(line.removeprefix("id: ")) for line in text.splitlines() if line.startswith("id: ")]


def test_events_go_on_after_the_last_known_one(client, settings):
    store = client.app.state.store
    for text in ("one", "two", "three"):
        store.notify("other", "notice", {"text": text})
    whole = client.get("/api/v1/studies/other/events", params={"follow": False})
    assert whole.headers["content-type"].startswith("text/event-stream")
    (*_, last) = numbers(whole.text)
    asked = {"follow": False, "after": last - 2}
    assert numbers(client.get("/api/v1/studies/other/events", params=asked).text) == [last - 1, last]
    sent = client.get(
        "/api/v1/studies/other/events", params={"follow": False}, headers={"Last-Event-ID": str(last - 1)}
    )
    assert numbers(sent.text) == [last]
    again = {"headers": {"Last-Event-ID": str(last - 1)}}  # as a browser whose stream broke asks
    assert numbers(client.get("/api/v1/studies/other/events", params=asked, **again).text) == [last]


def test_a_study_that_is_not_there_is_a_problem_before_the_stream_begins(client):
    answer = client.get("/api/v1/studies/nobody/events")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    answer = client.get("/api/v1/studies/demo/events", params={"after": -1})
    assert answer.status_code == 422
