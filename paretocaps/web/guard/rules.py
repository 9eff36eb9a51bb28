"""What a service's guard goes by."""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from paretocaps.errors import UsageError
from paretocaps.web.guard.caller import Network, proxies_of
from paretocaps.web.guard.hosts import is_loopback
from paretocaps.web.guard.left_sessions import LeftSessions
from paretocaps.web.guard.options import RATE, GuardOptions
from paretocaps.web.guard.sessions import FirstKey
from paretocaps.web.guard.tokens import (
    TOKENS,
    Token,
    local_token,
    refuse_alike,
    tokens_of_environment,
    tokens_of_file,
)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a guard goes by.

    Attributes:
        tokens: who may use the service.
        open_reading: whether reading needs no token, for what comes from this machine directly.
        first_key: opens one session of the first token; None for none.
        hosts: the names by which it is called, beside IP addresses and localhost.
        proxies: the networks of the proxies whose headers count.
        rate: requests per second of one token, or of one address without one; a tenth of it for those that
            change something.
        larger: the paths that take more than 1 MiB, each with its bytes.
        left: the sessions that were left.
    """

    tokens: tuple[Token, ...] = ()
    open_reading: bool = True
    first_key: FirstKey | None = None
    hosts: frozenset[str] = frozenset()
    proxies: tuple[Network, ...] = ()
    rate: float = RATE
    larger: tuple[tuple[re.Pattern[str], int], ...] = field(default=())
    left: LeftSessions = field(default_factory=LeftSessions)


def rules_of(
    options: GuardOptions,
    host: str,
    folder: Path,
    environment: MutableMapping[str, str],
    larger: tuple[tuple[re.Pattern[str], int], ...] = (),
) -> Rules:
    """Return the rules of a service that listens on `host` and keeps its files in `folder`.

    On loopback, a token for this machine's pages is made at the first start, in the folder's file `token`.
    The tokens in `environment` are taken out of it. Paths of `larger` take more than 1 MiB.

    Raises:
        UsageError: others than this machine reach it, and there is no token; or an option is not allowed.
        OSError: the service folder cannot be written.
    """
    loopback = is_loopback(host)
    given = (*(tokens_of_file(options.tokens) if options.tokens else ()), *tokens_of_environment(environment))
    if not (loopback or given):
        raise UsageError(
            f"--host {host} is reached from other machines, and there is no token: give some by "
            f"--tokens FILE or in {TOKENS}, as NAME:ROLE:SECRET"
        )
    tokens = (*((local_token(folder),) if loopback else ()), *given)
    refuse_alike(tokens)
    return Rules(
        tokens=tokens,
        open_reading=loopback and not options.proxies,
        first_key=FirstKey() if loopback else None,
        hosts=frozenset(name.lower().removesuffix(".") for name in options.allow_hosts),
        proxies=proxies_of(options.proxies),
        rate=options.rate,
        larger=larger,
        left=LeftSessions(folder / "signed-out"),
    )
