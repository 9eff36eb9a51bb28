"""Encodes the messages between a driver and its workers, one line of JSON each.

Driver to worker: `job` (job), `answer` (go_on to an epoch, tuning to a tuning). Worker to driver: `ready`,
`epoch` (record), `tuned` (device, key, tuning), `progress` (what, done, total), `measured` (measurement),
`failed` (failure, replace). The measurement travels through the job's folder; it is in the message, and not
null, only if the folder cannot be written.
"""

import json
import signal
from typing import Any

WHERE = signal.SIGUSR1
"""The signal on which a worker writes to its log where its threads are."""


def encode(kind: str, **values: Any) -> bytes:
    """Return one message as a line."""
    return json.dumps({"kind": kind, **values}).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Return the message in a line.

    Raises:
        ValueError: the line is not a message.
    """
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise ValueError(f"{line[:80]!r} is not a message")
    return message
