"""The log of a service on stderr: a line of JSON for each request and remark, or plain lines."""

import json
import logging
from datetime import UTC, datetime
from typing import TextIO

from paretocaps.masking import masked
from paretocaps.web.guard.observing import Answered
from paretocaps.web.guard.origins import changes_something

FIELDS = "fields"
"""The attribute of a log record with further fields of its line."""
_LOG = logging.getLogger("paretocaps.web.requests")
_LOGGERS = ("paretocaps", "uvicorn.error")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON, without passwords of database URLs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(line)


def log_to(stream: TextIO) -> None:
    """Write the service's log to `stream`.

    A terminal gets plain lines of what was to change something and of what was refused. Anything else, such
    as the journal of systemd, gets a line of JSON for each request.
    """
    handler = logging.StreamHandler(stream)
    if stream.isatty():
        handler.setLevel(logging.INFO)
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler.setFormatter(JsonLines())
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger("paretocaps").setLevel(logging.DEBUG)


def log_request(answered: Answered) -> None:
    """Log a request: an error where the service failed, information where it was to change something."""
    who = answered.who.name if answered.who else None
    fields = {
        "request": answered.id,
        "method": answered.method,
        "path": answered.path,
        "status": answered.status,
        "seconds": round(answered.seconds, 4),
        "who": who,
        "address": answered.address,
        "reason": answered.reason,
        "made": answered.made,
    }
    told = f"{answered.method} {answered.path!a} by {who or 'nobody'}: {answered.status}"
    told += f" ({answered.reason})" if answered.reason else ""
    kept = {name: value for name, value in fields.items() if value is not None}
    _LOG.log(_level(answered), "%s", told, extra={FIELDS: kept})


def _level(answered: Answered) -> int:
    if answered.status >= 500:
        return logging.ERROR
    changes = changes_something(answered.method, answered.path)
    return logging.INFO if changes or answered.status >= 400 else logging.DEBUG
