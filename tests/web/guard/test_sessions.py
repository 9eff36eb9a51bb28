import pytest

from paretocaps.web.guard.sessions import SECONDS, FirstKey, begin, cookie_name, token_of
from paretocaps.web.guard.tokens import Token


def test_a_session_is_its_tokens_until_it_ends(tokens):
    cookie = f"other=1; paretocaps={begin(tokens[1], 1000)}"
    assert token_of(cookie, "paretocaps", tokens, 1000) == tokens[1]
    assert token_of(cookie, "paretocaps", tokens, 1000 + SECONDS) == tokens[1]
    assert token_of(cookie, "paretocaps", tokens, 1001 + SECONDS) is None


def test_it_holds_no_secret(tokens):
    assert tokens[1].secret not in begin(tokens[1])


def test_it_ends_with_the_token_or_its_secret(tokens):
    cookie = f"paretocaps={begin(tokens[1])}"
    assert token_of(cookie, "paretocaps", tokens[:1]) is None
    assert token_of(cookie, "paretocaps", [Token(tokens[1].principal, "another-secret-of-the-tests")]) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.replace("ruth", "rita"),
        lambda value: value.replace(".1", ".2", 1),
        lambda value: value[:-1],
        lambda value: "",
        lambda value: "ruth",
        lambda value: "ruth..",
        lambda value: "ruth.\u0661.x",
        lambda value: '"\\"',
    ],
)
def test_one_that_was_changed_is_none(tokens, change):
    value = begin(tokens[1], 1_000_000_000)
    assert token_of(f"paretocaps={change(value)}", "paretocaps", tokens, 1_000_000_000) is None


def test_services_on_several_ports_have_cookies_of_their_own():
    assert cookie_name("127.0.0.1:8000") == "paretocaps-8000"
    assert cookie_name("caps.example.org") == "paretocaps"


def test_the_first_key_opens_once():
    first = FirstKey()
    key = first.key
    assert not first.take("another")
    assert first.take(key)
    assert not first.take(key)
    assert not first.take("")
