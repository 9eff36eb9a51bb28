"""Names of drivers and of turns: each tells processes of the same machine whether that was started since.

After a start, a file that a process had locked may be gone, as /tmp is emptied then, so that its silence
alone would tell that it is dead. A name has, besides 64 random bits, marks of the machine and of its start.
"""

import hashlib
import secrets
import uuid
from contextlib import suppress
from pathlib import Path

_MACHINE = Path("/etc/machine-id")
_START = Path("/proc/sys/kernel/random/boot_id")  # systems without one: silence tells


def new_token() -> str:
    """Return a new name of 32 hexadecimal digits for a process of this machine."""
    marks = _marks()
    return secrets.token_hex(8) + ("".join(marks) if marks else secrets.token_hex(8))


def machine_restarted(token: str) -> bool:
    """Return whether a process had its name before the latest start of this machine, and so has ended."""
    marks = _marks()
    return marks is not None and token[16:24] == marks[0] and token[24:] != marks[1]


def _marks() -> tuple[str, str] | None:
    """Return the marks of this machine and of its latest start; None where the system does not tell them."""
    with suppress(OSError):
        machine, start = _MACHINE.read_text().strip(), _START.read_text().strip()
        if machine and start:  # containers may have an empty machine-id
            # copied machines may share theirs, not their network card
            return _mark("machine", f"{machine} {uuid.getnode()}"), _mark("start", start)
    return None


def _mark(kind: str, secret: str) -> str:
    """Return a digest, as neither identifier is for everybody who reads the database."""
    return hashlib.sha256(f"paretocaps {kind} {secret}".encode()).hexdigest()[:8]
