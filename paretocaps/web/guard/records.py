"""What is told of each request: to Prometheus, in the log, and in the database."""

import asyncio
import logging
from collections.abc import Callable

from paretocaps.errors import ParetocapsError
from paretocaps.storage.audit import Audited
from paretocaps.web.guard.logs import log_request
from paretocaps.web.guard.metrics import Metrics
from paretocaps.web.guard.observing import Answered
from paretocaps.web.guard.origins import changes_something
from paretocaps.web.guard.principal import LOOPBACK

_LOG = logging.getLogger(__name__)


class Records:
    """Tells of each request.

    Args:
        metrics: counts all of them.
        audit: stores who was to change what, and what came of it.
    """

    def __init__(self, metrics: Metrics, audit: Callable[[Audited], None]) -> None:
        self._audit = audit
        self.ended = (metrics.count, log_request)

    async def answering(self, answered: Answered) -> None:
        """Store a request by which somebody with a token was to change something.

        Where the database cannot be used, it is logged instead.
        """
        who = answered.who
        if who is None or who == LOOPBACK or not changes_something(answered.method, answered.path):
            return
        made = f" made {answered.made}" if answered.made else ""
        entry = Audited(
            who=who.name,
            role=who.role,
            action=answered.method,
            target=f"{answered.path}{made}",
            address=answered.address,
            outcome=answered.status,
            reason=answered.reason,
        )
        try:
            await asyncio.to_thread(self._audit, entry)
        except ParetocapsError:  # the answer tells more than its absence
            _LOG.exception("not stored: %s", entry)
