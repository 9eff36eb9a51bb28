"""Hides the passwords of database URLs: whatever is written passes here first."""

import re
from urllib.parse import unquote

HIDDEN = "***"
"""What stands in the place of a password."""

_SETTING = re.compile(r"""([?&]?)([\w%-]+)(\s*=\s*)(?:'[^']*'|"[^"]*"|[^&\s'"]+)""")
_SECRET = re.compile(
    r"passw|passphrase|pwd|secret|token$|paretocaps_tokens$|scram_(client|server)_key", re.IGNORECASE
)
# what choices of networks are called
_NO_SECRET = re.compile(r"(bos|class|cls|dist|end|eos|mask|pad|patch|query|reg|register|sep|start|unk)_token")
# the last @ of a word ends the password, which may itself contain @ where it was not encoded
_AUTHORITY = re.compile(r"(://[^:/@\s]*:)\S*@")


def masked(text: str) -> str:
    """Return `text` with `***` for each password of a URL in it: before the host, or a setting after `?`.

    A path to a file with a password (`passfile`, `sslkey`) is not hidden. Texts without a password
    are unchanged.
    """
    return _AUTHORITY.sub(rf"\1{HIDDEN}@", _SETTING.sub(_without_value, text))


def _without_value(setting: re.Match[str]) -> str:
    sign, name, equals = setting.groups()
    plain = unquote(name)
    hides = _SECRET.search(plain) and (sign or not _NO_SECRET.fullmatch(plain))
    return f"{sign}{name}{equals}{HIDDEN}" if hides else setting[0]
