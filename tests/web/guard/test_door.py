import pytest
from starlette.datastructures import Headers

from paretocaps.web.guard.caller import Caller
from paretocaps.web.guard.door import LOGIN, OPEN_TO_ALL, principal_of, refuse_without_token
from paretocaps.web.guard.principal import LOOPBACK
from paretocaps.web.guard.refusal import Refusal
from paretocaps.web.guard.rules import Rules
from paretocaps.web.guard.sessions import begin, cookie_name

HERE = Caller("127.0.0.1", "http", forwarded=False)
PROXIED = Caller("10.0.0.9", "https", forwarded=True)
HOST = "127.0.0.1:8000"


@pytest.fixture
def rules(tokens):
    return Rules(tokens=tokens)


def who(rules, caller=HERE, **headers):
    return principal_of(Headers({"host": HOST, **headers}), caller, rules)


def test_a_token_says_who_sends_a_request(rules, tokens):
    for token in tokens:
        assert who(rules, authorization=f"Bearer {token.secret}") == token.principal
        assert who(rules, authorization=f"bearer  {token.secret} ") == token.principal


@pytest.mark.parametrize("given", ["Bearer something-else", "Bearer", "Basic cml0YTp4", ""])
def test_a_token_that_is_none_of_the_service_s_is_refused_and_not_repeated(rules, given):
    with pytest.raises(Refusal) as refused:
        who(rules, authorization=given)
    assert refused.value.status_code == 401
    assert refused.value.headers == {"WWW-Authenticate": "Bearer"}
    assert "Authorization: Bearer TOKEN" in str(refused.value.detail)
    assert "something-else" not in str(refused.value.detail)


def test_a_session_says_who_sends_a_request_until_it_is_left(rules, tokens):
    session = f"{cookie_name(HOST)}={begin(tokens[1])}"
    assert who(rules, cookie=session) == tokens[1].principal
    assert who(rules, PROXIED, cookie=session) == tokens[1].principal
    assert who(rules, PROXIED, cookie=f"{cookie_name(HOST)}=made-up") is None


def test_nobody_needs_a_token_to_look_from_this_machine_unless_a_proxy_passed_it_on(rules, tokens):
    assert who(rules) == LOOPBACK
    assert who(rules, PROXIED) is None
    assert who(Rules(tokens=tokens, open_reading=False)) is None


def refused(who, method, path, caller, rules):
    try:
        refuse_without_token(who, method, path, caller, rules)
    except Refusal as refusal:
        return f"{refusal.status_code} {refusal.detail}"
    return ""


def test_what_is_open_to_all_needs_no_token(rules):
    for path in (*OPEN_TO_ALL, "/static/page.js"):
        assert refused(None, "GET", path, PROXIED, rules) == ""
    assert refused(None, "POST", LOGIN, PROXIED, rules) == ""
    assert refused(None, "GET", "/studies/static/", PROXIED, rules).startswith("401 no token")


def test_a_proxy_that_is_not_named_is_told_of_where_this_machine_could_read(rules, tokens):
    assert "--proxy" in refused(None, "GET", "/", PROXIED, rules)
    closed = Rules(tokens=tokens, open_reading=False)
    assert "--proxy" not in refused(None, "GET", "/", HERE, closed)
    assert "--proxy" not in refused(None, "GET", "/", PROXIED, closed)


def test_this_machine_may_look_without_a_token_and_change_nothing(rules, tokens):
    assert refused(LOOPBACK, "GET", "/studies/a", HERE, rules) == ""
    said = refused(LOOPBACK, "POST", "/studies/a", HERE, rules)
    assert said.startswith("401 changing something needs a token")
    assert refused(tokens[1].principal, "POST", "/studies/a", HERE, rules) == ""
