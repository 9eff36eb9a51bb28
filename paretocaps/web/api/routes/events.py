"""What happens to a study, as a stream of server-sent events."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from paretocaps.service import watching
from paretocaps.web.api.asked import Opened
from paretocaps.web.api.feed import Feed
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.problems import problems

router = APIRouter(prefix="/studies", tags=["events"], dependencies=[Depends(allowed("read"))])
_MESSAGE = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "the number of the event"},
        "event": {"enum": ["state", "trial", "epoch", "front", "notice"]},
        "data": {"type": "string", "description": "JSON: number, kind, at and payload"},
    },
}
_STREAM = {"text/event-stream": {"schema": _MESSAGE}}
_LAST = 2**53
_After = Annotated[int | None, Query(ge=0, le=_LAST, description="the number of the last known event")]
_Sent = Annotated[int | None, Header(ge=0, le=_LAST, description="the same, as a browser sends it")]


@router.get(
    "/{study}/events",
    response_class=StreamingResponse,
    responses={200: {"content": _STREAM}, **problems(404, 422)},
)
async def events(
    study: str,
    request: Request,
    store: Opened,
    after: _After = None,
    follow: Annotated[bool, Query(description="whether to go on with what happens from then on")] = True,
    last_event_id: _Sent = None,
) -> StreamingResponse:
    """Stream the events of a study: trials, epochs, fronts, states of its submission; each once, in order.

    A stream that breaks goes on where it was, by the number of its last event. `paretocaps.service.watching`
    describes the kinds of events.
    """
    await run_in_threadpool(watching.events, study, store, 0, 1)  # its errors come before the stream
    known = after if last_event_id is None else last_event_id  # a stream that breaks is asked for as before
    feed = cast(Feed, request.app.state.feed)
    return StreamingResponse(
        feed.stream(study, known or 0, follow=follow),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
