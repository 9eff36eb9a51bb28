"""What `paretocaps serve` is told about its guard."""

from dataclasses import dataclass
from pathlib import Path

RATE = 500.0
"""Requests per second that somebody may send."""
AUDIT = 100_000
"""Entries that are kept of who changed what."""


@dataclass(frozen=True, kw_only=True)
class GuardOptions:
    """What `paretocaps serve` is told about its guard.

    Attributes:
        tokens: a file of tokens; None for none.
        allow_hosts: further names by which the service is called.
        proxies: addresses or networks of proxies before it.
        rate: requests per second of one token or address.
        audit: how many entries are kept of who changed what.
    """

    tokens: Path | None = None
    allow_hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    rate: float = RATE
    audit: int = AUDIT
