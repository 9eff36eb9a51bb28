from datetime import UTC, datetime, timedelta

import pytest

from paretocaps.web.pages.rendering import ago, at, lasting, moment_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.4, "0.4 s"),
        (0.0, "0 s"),
        (-3, "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (5_940, "99 min"),
        (12_000, "3 h 20 min"),
        (7_200, "2 h"),
        (187_200, "2 d 4 h"),
        (172_800, "2 d"),
    ],
)
def test_a_time_is_as_precise_as_one_wants_to_know_it(seconds, text):
    assert lasting(seconds) == text


def test_moments_are_told_in_utc_and_from_now():
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert moment_text(moment) == "2026-01-02 03:04 UTC"
    assert ago(moment, moment + timedelta(minutes=3)) == "3 min ago"


def test_an_address_has_names_as_they_are():
    assert at("studies", "a b?/<", "trials", 3) == "/studies/a%20b%3F%2F%3C/trials/3"
