"""The events of studies for those who watch them: read once from the database, however many watch."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from paretocaps.errors import ParetocapsError
from paretocaps.storage.events import Event
from paretocaps.storage.store import Store

T = TypeVar("T")
_log = logging.getLogger(__name__)
_POLL = 0.25  # s between two looks for new events of a watched study
_SILENCE = 15.0  # s after which a comment keeps a connection open
_RECENT = 1000
"""So many of the latest events of a watched study are kept for those who hear them at once."""
_PAGE = 500
"""So many events are read at once."""


class _Watched:
    """A study that somebody watches: its latest events, as they are sent."""

    def __init__(self, latest: int) -> None:
        self.latest, self.watchers, self.removals = latest, 0, 0
        self.recent: deque[tuple[int, bytes]] = deque(maxlen=_RECENT)
        self.news = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def tell(self) -> None:
        """Wake all who wait."""
        self.news.set()
        self.news = asyncio.Event()

    def after(self, number: int) -> list[tuple[int, bytes]] | None:
        """Return the events after `number`, or None where that is before those that are kept."""
        if number >= self.latest:
            return []
        if not self.recent or self.recent[0][0] > number + 1:
            return None
        return [one for one in self.recent if one[0] > number]


class Feed:
    """Streams of events, one reader of the database for each watched study.

    Args:
        store: the database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watched: dict[str, _Watched] = {}
        self._closing = False

    def close(self) -> None:
        """Let all streams end."""
        self._closing = True

    async def stream(self, study: str, after: int, *, follow: bool = True) -> AsyncIterator[bytes]:
        """Yield the events of a study with numbers above `after`, each once and in order, as they happen.

        Args:
            study: name of the study.
            after: the number of the last event that is known; one that is beyond the last begins anew.
            follow: whether to go on with what happens from then on, until the service ends.
        """
        async with self._watching(study) as watched:
            yield b"retry: 2000\n\n"
            if after > watched.latest and after > await self._last(study):
                after = 0
            removals = watched.removals
            while not self._closing and removals == watched.removals:
                news = watched.news
                found = watched.after(after)
                if found is None:
                    found = await self._read(partial(self._page, study, after))
                for number, text in found:
                    yield text
                    after = number
                if found:
                    continue
                if not follow:
                    return
                try:
                    await asyncio.wait_for(news.wait(), _SILENCE)
                except TimeoutError:
                    yield b": nothing new\n\n"

    @asynccontextmanager
    async def _watching(self, study: str) -> AsyncIterator[_Watched]:
        watched = self._watched.get(study)
        if watched is None:
            watched = self._watched.setdefault(study, _Watched(await self._last(study)))
        watched.watchers += 1
        if watched.task is None:
            watched.task = asyncio.create_task(self._poll(study, watched))
        try:
            yield watched
        finally:
            watched.watchers -= 1
            if not watched.watchers:
                watched.task.cancel()
                self._watched.pop(study, None)

    async def _poll(self, study: str, watched: _Watched) -> None:
        while not self._closing:
            await asyncio.sleep(_POLL)
            try:
                await self._look(study, watched)
            except ParetocapsError:  # a database that is away comes back, and its events with it
                continue
            except Exception:  # nor does anything else end the watch, such as a machine without a thread
                _log.exception("the events of study %r cannot be read", study)
        watched.tell()

    async def _look(self, study: str, watched: _Watched) -> None:
        found = await self._read(partial(self._page, study, watched.latest))
        if found:
            watched.recent.extend(found)
            watched.latest = found[-1][0]
            watched.tell()
        elif await self._last(study) < watched.latest:  # it was removed: its numbers begin anew
            watched.latest, watched.removals = 0, watched.removals + 1
            watched.recent.clear()
            watched.tell()

    async def _last(self, study: str) -> int:
        return await self._read(partial(self._store.last_event, study))

    def _page(self, study: str, after: int) -> list[tuple[int, bytes]]:
        return [(one.number, event_text(one)) for one in self._store.events(study, after, _PAGE)]

    async def _read(self, read: Callable[[], T]) -> T:
        return await asyncio.to_thread(read)  # not a thread of the routes, which may all compute


def event_text(event: Event) -> bytes:
    """Return an event as a message of a stream of server-sent events."""
    data = {
        "number": event.number,
        "kind": event.kind,
        "at": event.at.isoformat(timespec="milliseconds"),
        "payload": event.payload,
    }
    text = json.dumps(
        data, separators=(",", ":"), default=str
    )  # in ASCII: an old one may have any characters
    return f"id: {event.number}\nevent: {event.kind}\ndata: {text}\n\n".encode()
