"""Why the guard refuses a request."""

from starlette.exceptions import HTTPException


class Refusal(HTTPException):
    """A request goes no further.

    It is an `HTTPException`, so that the frameworks' code that reads a body lets it pass.

    Args:
        status: the HTTP status that tells so.
        reason: one line that names what was refused and the remedy.
        headers: further headers of the answer.
    """
