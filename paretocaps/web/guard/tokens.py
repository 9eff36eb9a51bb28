"""The tokens of a service: from a file, from the environment, or made at the first start."""

import hashlib
import hmac
import secrets
import stat
import tomllib
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from paretocaps.domain.wording import wording
from paretocaps.errors import UsageError
from paretocaps.lock_file import locked
from paretocaps.web.guard.principal import Principal, Role
from paretocaps.writing import private_file, private_folder

TOKENS = "PARETOCAPS_TOKENS"
"""The environment variable with tokens: NAME:ROLE:SECRET, separated by commas or spaces."""
LOCAL = "local"
"""The name of the token that a service on loopback makes for itself."""
MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


@dataclass(frozen=True)
class Token:
    """Who may use the service with a secret.

    Attributes:
        principal: who that is.
        secret: what is sent; it is shown and logged nowhere.
    """

    principal: Principal
    secret: str = field(repr=False)


class _Entry(BaseModel):
    """A table of a file of tokens."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    secret: Annotated[str, StringConstraints(min_length=24, max_length=256, pattern=r"^[!-+\--~]*$")]
    role: Role
    max_trials: int | None = Field(None, ge=1)
    max_hours: float | None = Field(None, gt=0, allow_inf_nan=False)
    max_priority: int | None = Field(None, ge=0, le=100)


_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
_ENTRIES = TypeAdapter(dict[_Name, _Entry])


def tokens_of_file(path: Path) -> tuple[Token, ...]:
    """Return the tokens of a TOML file, which has a table per name with secret, role and limits.

    Raises:
        UsageError: it cannot be read, others than its owner may, or it has something else in it.
    """
    _refuse_readable_by_others(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not valid TOML"
        raise UsageError(f"the file of tokens {str(path)!r} cannot be read: {reason}") from None
    return _checked(content, f"the file of tokens {str(path)!r}")


def tokens_of_environment(environment: MutableMapping[str, str]) -> tuple[Token, ...]:
    """Return the tokens of `PARETOCAPS_TOKENS`, and take it away, so that no other program is handed it.

    Raises:
        UsageError: an entry is not NAME:ROLE:SECRET.
    """
    content = {}
    for number, entry in enumerate(environment.pop(TOKENS, "").replace(",", " ").split(), 1):
        name, role, secret = (*entry.split(":", 2), "", "")[:3]
        if not secret or name in content:
            wrong = f"names {name!r} again" if secret else "is not NAME:ROLE:SECRET"
            raise UsageError(f"entry {number} of {TOKENS} {wrong}: give each name once, with role and secret")
        content[name] = {"role": role, "secret": secret}
    return _checked(content, TOKENS)


def local_token(folder: Path) -> Token:
    """Return the token of the service folder's file `token` (0600), which is made where it is missing.

    Raises:
        UsageError: others may read the file, or it holds no token.
        OSError: it cannot be made.
    """
    path = folder / "token"
    private_folder(folder)
    with locked(folder / "token.lock", patience=30.0):  # two services may start at once
        private_file(path)
        if not path.stat().st_size:
            path.write_text(f"{secrets.token_urlsafe(32)}\n", encoding="utf-8")
    _refuse_readable_by_others(path)
    secret = path.read_text(encoding="utf-8", errors="replace").strip()
    _checked({LOCAL: {"role": "admin", "secret": secret}}, f"{str(path)!r} (remove it to have another made)")
    return Token(Principal(LOCAL, "admin"), secret)


def refuse_alike(tokens: Iterable[Token]) -> None:
    """Refuse tokens of one name or one secret.

    Raises:
        UsageError: two are alike.
    """
    names: dict[str, str] = {}
    for token in tokens:
        name = token.principal.name
        if name in names.values():
            raise UsageError(f"two tokens have the name {name!r}: give each its own")
        if token.secret in names:
            raise UsageError(f"the tokens {names[token.secret]!r} and {name!r} have one secret: {_REMEDY}")
        names[token.secret] = name


def find(tokens: Iterable[Token], secret: str) -> Token | None:
    """Return the token with `secret`, in a time that does not depend on how much of it is right."""
    sent, found = _digest(secret), None
    for token in tokens:
        if hmac.compare_digest(_digest(token.secret), sent):
            found = token
    return found


_REMEDY = f"make one with {MAKE_ONE}"
_RULES = {
    "[key]": "a name has 1 to 40 letters, digits, hyphens and underscores",
    "secret": f"a secret has 24 to 256 visible characters and no comma: {_REMEDY}",
}


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _checked(content: object, where: str) -> tuple[Token, ...]:
    try:
        entries = _ENTRIES.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        *_, last = where_in = [str(part) for part in first["loc"]]
        told = _RULES.get(last, wording(first))
        raise UsageError(f"{where}: {'.'.join(where_in).removesuffix('.[key]')}: {told}") from None
    return tuple(
        Token(
            Principal(name, entry.role, entry.max_trials, entry.max_hours, entry.max_priority), entry.secret
        )
        for name, entry in entries.items()
    )


def _refuse_readable_by_others(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise UsageError(f"the file of tokens {str(path)!r} cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise UsageError(
            f"the file of tokens {str(path)!r} is open to others ({mode:04o}): chmod 600 {path}, "
            "and replace its secrets if others had access"
        )
