import pytest

from paretocaps.web.guard.sessions import SECONDS, FirstKey, _signature, begin, cookie_name, token_of
from paretocaps.web.guard.tokens import Token


def test_a_session_is_its_tokens_until_it_ends(tokens):
    cookie = f"other=1; paretocaps={begin(tokens[1], 1000)}"
    assert token_of(cookie, "paretocaps", tokens, 1000) == tokens[1]
    assert token_of(cookie, "paretocaps", tokens, 1000 + SECONDS) == tokens[1]
    assert token_of(cookie, "paretocaps", tokens, 1001 + SECONDS) is None


@pytest.mark.parametrize("other", ['prefs={"a":1}', "theme=dark mode", "version=2", "nameless", 'x="'])
def test_what_other_services_of_the_host_keep_does_not_hide_it(tokens, other):
    own = f"paretocaps={begin(tokens[1], 1000)}"
    for cookies in (f"{other}; {own}", f"{own}; {other}"):
        assert token_of(cookies, "paretocaps", tokens, 1000) == tokens[1]


def test_one_that_was_left_is_none_and_one_of_an_earlier_version_stays(tokens):
    value = begin(tokens[1], 1000)
    assert token_of(f"paretocaps={value}", "paretocaps", tokens, 1000, left={value}) is None
    signed = f"ruth.{1000 + SECONDS}"
    earlier = f"paretocaps={signed}.{_signature(tokens[1], signed)}"
    assert token_of(earlier, "paretocaps", tokens, 1000) == tokens[1]
    assert token_of(earlier, "paretocaps", tokens, 1001 + SECONDS) is None


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
        lambda value: f"ruth.{'9' * 5000}.x",
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
