import pytest
from starlette.datastructures import Headers

from paretocaps.web.guard.origins import refuse_other_origins
from paretocaps.web.guard.refusal import Refusal

OWN = "https://caps.example.org"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer x", "content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=utf-8"},
        {"content-type": "application/merge-patch+json"},
        {"origin": OWN, "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none", "authorization": "Bearer x"},
    ],
)
def test_own_pages_and_programs_pass(headers):
    refuse_other_origins(Headers(headers), OWN)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"origin": "http://caps.example.org"}, "its proxy must pass on Host and X-Forwarded-Proto"),
        ({"origin": OWN, "sec-fetch-site": "cross-site"}, "another origin may change nothing here"),
        ({"sec-fetch-site": "none"}, "send a header Authorization, a body of the type application/json"),
        ({"content-type": "text/plain; application/json"}, "the request may be a foreign page's"),
    ],
)
def test_others_do_not(headers, told):
    with pytest.raises(Refusal, match=told) as raised:
        refuse_other_origins(Headers(headers), OWN)
    assert raised.value.status_code == 403
