"""The headers with which a browser is told what a page of the service may do."""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

_ONLY_OURS = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
PAGE = (
    f"{_ONLY_OURS}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'"
)
"""The policy of our pages: scripts from files of ours alone. Styles may be inline, as plotly's are."""
DOCUMENT = (
    f"sandbox allow-scripts allow-downloads allow-popups; {_ONLY_OURS}; "
    "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; worker-src blob:"
)
"""The policy of a document that carries its scripts, such as a report: they reach nothing of the service."""
DASHBOARD = (
    f"{_ONLY_OURS}; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; media-src 'self' blob:; "
    "worker-src blob:"
)
"""The policy of Optuna's dashboard, whose page has inline scripts."""
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_UNLESS_SET = {"Content-Security-Policy": PAGE, "Cache-Control": "no-store"}


def with_headers(send: Send) -> Send:
    """Return `send` for answers that have the security headers.

    A route's own Content-Security-Policy and Cache-Control stay.
    """

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(_ALWAYS)
            for name, value in _UNLESS_SET.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
