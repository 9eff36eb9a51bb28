import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from paretocaps.storage.events import Event
from paretocaps.storage.store import Store
from paretocaps.web.api.feed import Feed, event_text


@pytest.fixture
def store(url):
    with Store.open(url, create=False) as store:
        yield store


def numbers(messages):
    return [int(one.split(b"\n")[0].removeprefix(b"id: ")) for one in messages if one.startswith(b"id: ")]


async def taken(stream, count):
    found = []
    async with aclosing(stream):
        async for message in stream:
            if message.startswith(b"id: "):
                found.append(message)
            if len(found) == count:
                return found
    return found


async def whole(stream):
    return [message async for message in stream]


def tell(store, text, study="new"):
    store.notify(study, "notice", {"text": text})


def test_a_stream_has_the_events_after_a_number_once_and_in_order(store, monkeypatch):
    monkeypatch.setattr("paretocaps.web.api.feed._PAGE", 5)
    for number in range(12):
        tell(store, str(number))

    async def run():
        feed = Feed(store)
        return [await whole(feed.stream("new", after, follow=False)) for after in (0, 9, 12)]

    every, last, none = asyncio.run(run())
    assert numbers(every) == list(range(1, 13))
    assert numbers(last) == list(range(10, 13))
    assert numbers(none) == []


def test_all_who_watch_hear_what_happens_then(store):
    tell(store, "before")

    async def run():
        feed = Feed(store)
        tasks = [asyncio.create_task(taken(feed.stream("new", after), 3 - after)) for after in (0, 0, 1)]
        await asyncio.sleep(0.05)
        tell(store, "one")
        await asyncio.sleep(0.3)
        tell(store, "two")
        return await asyncio.wait_for(asyncio.gather(*tasks), 10)

    first, second, third = asyncio.run(run())
    assert numbers(first) == numbers(second) == [1, 2, 3]
    assert numbers(third) == [2, 3]
    data = json.loads(third[-1].split(b"\n")[2].removeprefix(b"data: "))
    assert (data["number"], data["kind"], data["payload"]) == (3, "notice", {"text": "two"})


def test_a_number_beyond_the_last_event_begins_anew(store):
    tell(store, "only")
    stream = Feed(store).stream("new", 50, follow=False)
    assert numbers(asyncio.run(whole(stream))) == [1]


def test_a_stream_ends_with_the_service(store):
    tell(store, "only")

    async def run():
        feed, heard = Feed(store), asyncio.Event()

        async def listened():
            async for message in feed.stream("new", 0):
                if numbers([message]):
                    heard.set()
                yield message

        task = asyncio.create_task(whole(listened()))
        await asyncio.wait_for(heard.wait(), 60)
        feed.close()
        return await asyncio.wait_for(task, 60)

    assert numbers(asyncio.run(run())) == [1]


def test_what_goes_wrong_once_ends_no_watch(store, monkeypatch, caplog):
    tell(store, "before")
    faults, events = [RuntimeError("can't start new thread")], Store.events

    def read(self, *given):
        if faults:
            raise faults.pop()
        return events(self, *given)

    async def run():
        feed = Feed(store)
        task = asyncio.create_task(taken(feed.stream("new", 1), 1))
        while "new" not in feed._watched or not feed._watched["new"].watchers:  # what was before is read
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        monkeypatch.setattr(Store, "events", read)
        tell(store, "then")
        return await asyncio.wait_for(task, 60)

    assert numbers(asyncio.run(run())) == [2]
    assert not faults
    assert "the events of study 'new' cannot be read" in caplog.text


def test_an_event_of_any_characters_is_a_message():
    event = Event(7, "notice", datetime(2026, 1, 1, tzinfo=UTC), {"text": "caf\udce9 é"})
    data = event_text(event).split(b"data: ")[1]
    assert json.loads(data)["payload"] == {"text": "caf\udce9 é"}
