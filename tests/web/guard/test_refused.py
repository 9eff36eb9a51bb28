import pytest

from paretocaps.web.guard.refusal import Refusal
from paretocaps.web.guard.refused import refused

PERSON = (b"accept", b"text/html,*/*;q=0.8")
PROGRAM = (b"authorization", b"Bearer x")


def answered(status, *headers, method="GET", path="/studies/a b"):
    refusal = Refusal(status, "no token", {"Retry-After": "1"})
    return refused({"type": "http", "method": method, "path": path, "headers": headers}, refusal)


@pytest.mark.parametrize(("method", "next"), [("GET", "/studies/a%2520b"), ("POST", "/")])
def test_a_person_without_a_token_is_led_to_the_page_that_asks_for_one(method, next):
    answer = answered(401, PERSON, method=method)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={next}")


@pytest.mark.parametrize(("status", "headers"), [(401, []), (401, [PERSON, PROGRAM]), (403, [PERSON])])
def test_all_others_get_a_problem_with_its_headers(status, headers):
    answer = answered(status, *headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "1")
    assert answer.media_type == "application/problem+json"
