from datetime import UTC, datetime, timedelta

from paretocaps.web.pages.rendering import ago, at, moment_text, sentence


def test_moments_are_told_in_utc_and_from_now():
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert moment_text(moment) == "2026-01-02 03:04 UTC"
    assert ago(moment, moment + timedelta(minutes=3)) == "3 min ago"


def test_an_address_has_names_as_they_are():
    assert at("studies", "a b?/<", "trials", 3) == "/studies/a%20b%3F%2F%3C/trials/3"


def test_a_sentence_begins_with_a_capital_letter_unless_a_name_begins_it():
    assert sentence("timing steps on one core") == "Timing steps on one core"
    assert sentence("adabatch_p and growth have no effect") == "adabatch_p and growth have no effect"
    assert sentence("") == ""
