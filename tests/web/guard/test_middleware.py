import pytest

from paretocaps.web.guard.caller import proxies_of
from paretocaps.web.guard.sessions import FirstKey, begin

SERVED = {"open_reading": False, "hosts": frozenset({"caps.example.org"}), "home": "http://caps.example.org"}
PERSON = {"Accept": "text/html,application/xhtml+xml"}
JSON = {"Content-Type": "application/json"}


def problem_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["detail"]


def test_this_machine_reads_without_a_token_and_changes_nothing(client_of):
    client = client_of()
    assert client.get("/who").json() == ["this machine", "http"]
    status, told = problem_of(client.post("/things/1", json={}))
    assert status == 401
    assert told.startswith("changing something needs a token, on this machine too: enter the one in")


def test_it_may_have_something_computed_without_one(client_of, kept):
    assert client_of().post("/api/v1/space", json={}).status_code == 404  # which this application lacks
    assert client_of().post("/api/v1/space", content=b"{}").status_code == 403


def test_a_token_says_who_and_what_is_allowed(client_of):
    assert client_of("rita").get("/who").json() == ["rita", "http"]
    assert client_of("ruth").post("/things/1", json={}).status_code == 202
    status, told = problem_of(client_of("rita").post("/things/1", json={}))
    assert (status, told) == (403, "the token 'rita' has the role read: use one of the role run or admin")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Bearer wrong", "the token is none of this service's"),
        ("Basic cjpz", "it is no token"),
        ("", "it is no token"),
    ],
)
def test_a_wrong_token_is_refused_even_where_none_is_needed(client_of, given, told):
    answer = client_of().get("/who", headers={"Authorization": given})
    assert answer.headers["www-authenticate"] == "Bearer"
    assert problem_of(answer) == (
        401,
        f"{told}: send one that is in the header 'Authorization: Bearer TOKEN'",
    )


def test_elsewhere_everything_but_the_health_needs_a_token(client_of):
    client = client_of(**SERVED)
    assert problem_of(client.get("/who"))[0] == 401
    assert problem_of(client.get("/nothing"))[0] == 401
    assert client.get("/healthz").status_code == 200
    assert client_of("rita", **SERVED).get("/who").status_code == 200


def test_a_person_without_a_token_is_led_to_the_page_that_asks_for_one(client_of):
    answer = client_of(**SERVED).get("/studies/a b", headers=PERSON)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/studies/a%2520b")
    answer = client_of().post("/things/1", headers={**PERSON, "Origin": "http://127.0.0.1:8000"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/")


def test_so_is_one_whom_a_route_does_not_let_in_without_one(client_of):
    answer = client_of().get("/admins", headers=PERSON)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/admins")
    assert problem_of(client_of().get("/admins"))[0] == 401
    assert problem_of(client_of("rita").get("/admins", headers=PERSON))[0] == 403


def test_a_foreign_name_is_refused_before_all_else(client_of):
    client = client_of("ruth", home="http://evil.example")
    assert problem_of(client.get("/who")) == (
        421,
        "'evil.example' is not a name of this service: start it with --allow-host evil.example if it is",
    )


def test_an_unnamed_proxy_on_this_machine_opens_nothing(client_of):
    answer = client_of().get("/who", headers={"X-Forwarded-For": "203.0.113.9"})
    status, told = problem_of(answer)
    assert status == 401
    assert "it came through a proxy, which --proxy does not name" in told


def test_a_named_proxy_tells_address_and_scheme(client_of, kept):
    client = client_of("rita", **SERVED, proxies=proxies_of(["127.0.0.1"]))
    sent = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert client.get("/who", headers=sent).json() == ["rita", "https"]
    assert kept.requests[-1].address == "203.0.113.9"


def session(tokens, name="paretocaps-8000"):
    return {"Cookie": f"{name}={begin(tokens[1])}"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:8000"}, 202),
        ({"Sec-Fetch-Site": "same-origin"}, 202),
        (JSON, 202),
        ({}, 403),
        ({"Origin": "http://127.0.0.1:9000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9000", **JSON}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", **JSON}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 403),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 403),
        ({"Content-Type": "text/plain"}, 403),
    ],
)
def test_a_session_changes_something_from_its_own_pages_only(client_of, tokens, headers, status):
    answer = client_of().post("/things/1", content=b"{}", headers={**session(tokens), **headers})
    assert answer.status_code == status
    if status == 403:
        assert problem_of(answer)[1]


def test_a_foreign_page_changes_nothing_with_a_token_either(client_of):
    answer = client_of("ruth").post("/things/1", json={}, headers={"Origin": "https://evil.example"})
    assert problem_of(answer)[0] == 403


def test_nothing_is_shared_with_other_origins(client_of):
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        client_of("ruth").options("/things/1", headers=asked),
        client_of().get("/who", headers=asked),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_large_body_is_refused_at_its_head_and_while_it_comes(client_of):
    client = client_of("ruth")
    told = "the body is too large: at most 1 MiB are taken here"
    assert problem_of(client.post("/things/1", content=bytes(2**20 + 1))) == (413, told)
    assert problem_of(client.post("/things/1", content=(bytes(2**19) for _ in range(3)))) == (413, told)
    assert client.post("/things/1", content=bytes(2**20)).json() == 2**20


def test_too_many_requests_wait_and_those_that_change_something_sooner(client_of):
    clock = [0.0]
    client = client_of("ruth", rate=10.0, clock=lambda: clock[0])
    answers = [client.post("/things/1", json={}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert problem_of(answers[-1]) == (429, "too many requests: wait 1 s")
    assert {client.get("/who").status_code for _ in range(17)} == {200}
    assert client.get("/who").status_code == 429
    clock[0] += 1.0
    assert client.get("/who").status_code == 200


def test_wrong_tokens_are_counted_by_address(client_of):
    client = client_of(clock=lambda: 0.0)
    wrong = {"Authorization": "Bearer wrong"}
    statuses = [client.get("/who", headers=wrong).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]
    assert client.get("/who").status_code == 200


def test_what_fails_is_a_problem_that_tells_nothing_of_it(client_of, caplog):
    answer = client_of().get("/broken")
    status, told = problem_of(answer)
    assert status == 500
    assert told.startswith("the service failed: its log tells more of the request ")
    assert answer.headers["x-frame-options"] == "DENY"
    assert told.rpartition(" ")[2] in caplog.text


def test_there_are_no_web_sockets(client_of):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client_of("ruth").websocket_connect("/who"):
        pass


def test_requests_are_told_of_with_what_they_made_and_why_they_were_refused(client_of, kept):
    client_of("ruth").post("/things/7?secret=x", json={})
    client_of("rita").post("/things/8", json={})
    made, refused = kept.requests
    assert (made.method, made.path, made.route, made.status) == ("POST", "/things/7", "/things/{thing}", 202)
    assert (refused.who.name, refused.status) == ("rita", 403)
    assert refused.reason == "the token 'rita' has the role read: use one of the role run or admin"
    assert [one.id for one in kept.changes] == [made.id, refused.id]


def test_the_first_key_opens_a_session(client_of, tokens):
    key = FirstKey(lambda: "once")
    client = client_of(first_key=key)
    assert client.get("/login?key=once").status_code == 200
    assert client.get("/who").json()[0] == "rita"  # whose token is the first
