"""Hides the passwords of database URLs: whatever is written passes here first."""

import re
from urllib.parse import unquote

HIDDEN = "***"
"""What stands in the place of a password."""

_SETTING = re.compile(r"""([\w%-]+)(\s*=\s*)(?:'[^']*'|"[^"]*"|[^&\s'"]+)""")
_SECRET = re.compile(
    r"passw|passphrase|pwd|secret|token$|paretocaps_tokens$|scram_(client|server)_key", re.IGNORECASE
)
# the last @ of a word ends the password, which may itself contain @ where it was not encoded
_AUTHORITY = re.compile(r"(://[^:/@\s]*:)\S*@")


def masked(text: str) -> str:
    """Return `text` with `***` for each password of a URL in it: before the host, or a setting after `?`.

    A path to a file with a password (`passfile`, `sslkey`) is not hidden. Texts without a password
    are unchanged.
    """
    return _AUTHORITY.sub(rf"\1{HIDDEN}@", _SETTING.sub(_without_value, text))


def _without_value(setting: re.Match[str]) -> str:
    name, equals = setting.groups()
    return f"{name}{equals}{HIDDEN}" if _SECRET.search(unquote(name)) else setting[0]
