"""Libraries that an extra of this package brings, and what is said where one is not installed."""

from importlib.util import find_spec

from paretocaps.errors import UsageError


def require(extra: str, user: str, *libraries: str, instead: str = "") -> None:
    """Refuse to go on where one of `libraries` is not installed; nothing is imported.

    Args:
        extra: the extra of this package that brings the libraries, such as "onnx".
        user: what needs them, as the message begins.
        libraries: their import names.
        instead: what else the user can do, such as "leave out --pictures"; empty for nothing.

    Raises:
        UsageError: one is not installed; the message names it and the extra.
    """
    for library in libraries:
        if find_spec(library) is None:
            raise UsageError(
                f"{user} needs {library}, which is not installed: pip install 'paretocaps[{extra}]'"
                f"{instead and f', or {instead}'}"
            )
