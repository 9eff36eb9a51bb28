def test_an_empty_queue_is_an_empty_list(client):
    assert client.get("/api/v1/queue").json() == []


def test_a_submission_that_is_not_there_is_a_problem(client):
    answer = client.get("/api/v1/queue/7")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
