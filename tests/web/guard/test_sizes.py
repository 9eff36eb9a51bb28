import asyncio
import re

import pytest
from starlette.datastructures import Headers

from paretocaps.web.guard.refusal import Refusal
from paretocaps.web.guard.sizes import MIB, limited, most_of


def read(messages, most, patience=30.0, **headers):
    left = list(messages)

    async def receive():
        if not left:
            await asyncio.sleep(3600)
        return left.pop(0)

    async def all_of_it():
        part, size, more = limited(receive, most, Headers(headers), patience), 0, True
        while more:
            message = await part()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        return size

    return asyncio.run(all_of_it())


def part(size, more):
    return {"type": "http.request", "body": bytes(size), "more_body": more}


def test_a_body_up_to_the_limit_passes():
    assert read([part(6, True), part(4, False)], 10) == 10
    assert read([{"type": "http.request"}], 10) == 0
    assert read([{"type": "http.disconnect"}], 10) == 0


def test_more_than_the_limit_is_refused():
    with pytest.raises(Refusal, match="the body is too large: at most 10 bytes are taken here") as raised:
        read([part(6, True), part(5, True)], 10)
    assert raised.value.status_code == 413


@pytest.mark.parametrize(
    ("length", "status"), [("11", 413), ("-1", 400), ("1e9", 400), ("", 400), ("9" * 5000, 413)]
)
def test_a_length_that_is_too_large_or_none_is_refused_at_once(length, status):
    with pytest.raises(Refusal) as raised:
        limited(None, 10, Headers({"content-length": length}))
    assert raised.value.status_code == status


def test_a_body_that_does_not_come_is_not_waited_for():
    with pytest.raises(Refusal, match="nothing of the body came for 0.01 s: send it again") as raised:
        read([part(1, True)], 10, patience=0.01)
    assert raised.value.status_code == 408


def test_some_paths_take_more():
    larger = ((re.compile("/data/.*"), 5 * MIB),)
    assert most_of("/data/set", larger) == 5 * MIB
    assert most_of("/x/data/set", larger) == MIB
