import pytest

from paretocaps.web.guard.left_sessions import LeftSessions
from paretocaps.web.guard.sessions import FirstKey

FORM = {"Origin": "http://127.0.0.1:8000"}


def test_a_token_in_the_form_begins_a_session_that_pages_cannot_read(client_of, tokens):
    client = client_of(open_reading=False)
    assert 'name="token"' in client.get("/login").text
    answer = client.post("/login", data={"token": f" {tokens[0].secret}\n", "next": "/queue"}, headers=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("paretocaps-8000=rita.")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie
    assert client.get("/who").json()[0] == "rita"


def test_over_https_the_cookie_goes_over_https_only(client_of, tokens):
    client = client_of(home="https://127.0.0.1")
    answer = client.post("/login", data={"token": tokens[0].secret}, headers={"Origin": "https://127.0.0.1"})
    assert "Secure" in answer.headers["set-cookie"]


def test_a_wrong_token_is_told_and_counted(client_of):
    client = client_of(clock=lambda: 0.0, rate=1000.0)
    answers = [client.post("/login", data={"token": "wrong"}, headers=FORM) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert 'role="alert">This is no token of the service' in answers[0].text
    assert "set-cookie" not in answers[0].headers


def test_a_form_of_another_page_begins_no_session(client_of, tokens):
    client = client_of()
    for headers in ({}, {"Origin": "https://evil.example"}):
        assert client.post("/login", data={"token": tokens[0].secret}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "next",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:x", ""],
)
def test_nobody_is_led_elsewhere(client_of, tokens, next):
    client = client_of()
    answer = client.post("/login", data={"token": tokens[0].secret, "next": next}, headers=FORM)
    assert answer.headers["location"] == "/"
    assert "evil" not in client.get("/login", params={"next": next}).text


def test_the_printed_address_opens_once(client_of):
    client = client_of(first_key=FirstKey(lambda: "once"))
    answer = client.get("/login?key=once")
    assert 'http-equiv="refresh"' in answer.text
    assert answer.headers["set-cookie"].startswith("paretocaps-8000=rita.")
    again = client_of(first_key=None).get("/login?key=once")
    assert again.status_code == 401
    assert "opened before" in again.text


def test_a_session_is_left(client_of, tokens):
    client = client_of(open_reading=False)
    client.post("/login", data={"token": tokens[0].secret}, headers=FORM)
    assert "This browser has the token rita (read)." in client.get("/login").text
    assert client.post("/logout", headers=FORM).headers["location"] == "/login"
    assert client.get("/who").status_code == 401
    assert "This browser" not in client.get("/login").text


def test_a_copy_of_the_cookie_of_a_session_that_was_left_is_void_and_others_stay(client_of, tokens, tmp_path):
    file = tmp_path / "signed-out"
    client, other = client_of(open_reading=False, left=LeftSessions(file)), client_of(open_reading=False)
    for one in (other, client):
        one.post("/login", data={"token": tokens[0].secret}, headers=FORM)
    kept, gone = (one.cookies["paretocaps-8000"] for one in (other, client))
    cleared = client.post("/logout", headers=FORM).headers["set-cookie"]
    assert cleared.startswith('paretocaps-8000="";')
    assert "Max-Age=0" in cleared
    restarted = client_of(open_reading=False, left=LeftSessions(file))
    for one in (client, restarted):
        for value, status in ((gone, 401), (kept, 200)):
            one.cookies.clear()
            assert one.get("/who", headers={"Cookie": f"paretocaps-8000={value}"}).status_code == status


def test_a_form_of_another_page_leaves_no_session(client_of, tokens):
    client = client_of(open_reading=False)
    client.post("/login", data={"token": tokens[0].secret}, headers=FORM)
    for headers in ({}, {"Origin": "https://evil.example"}, FORM | {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/logout", headers=headers).status_code == 403
    assert client.get("/who").status_code == 200


def test_what_is_no_session_is_not_kept(client_of, tmp_path):
    left = LeftSessions(tmp_path / "signed-out")
    client = client_of("rita", left=left)
    answer = client.post("/logout", headers=FORM | {"Cookie": "paretocaps-8000=rita.99999999999.x"})
    assert answer.status_code == 303
    assert not (tmp_path / "signed-out").exists()
