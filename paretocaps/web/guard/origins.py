"""Whether a request that changes something was sent by a page of this service, or by a program."""

from starlette.datastructures import Headers

from paretocaps.web.guard.refusal import Refusal

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_COMPUTING = frozenset({"/api/v1/space", "/new/preview"})
"""The paths whose posted body is only looked at."""
_SITES = {"same-origin": True, "cross-site": False, "same-site": False}


def changes_something(method: str, path: str) -> bool:
    """Return whether a request may change something."""
    return method not in READING and path not in _COMPUTING


def refuse_other_origins(headers: Headers, own: str) -> None:
    """Refuse a request that changes something and that a page of another origin may have sent.

    A browser says from where in `Sec-Fetch-Site` or `Origin`. What says nothing must have what no foreign
    page can send unasked: a header `Authorization`, or a body of a JSON type.

    Args:
        headers: the request's.
        own: the origin of this service as the request names it, such as "https://caps.example.org".

    Raises:
        Refusal: of status 403.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None and origin != own:
        raise Refusal(
            403,
            f"a page of {origin!r} may change nothing here, only one of {own!r} may: where both are this "
            "service, its proxy must pass on Host and X-Forwarded-Proto, and be named by --proxy",
        )
    if _SITES.get(site or "") is False:
        raise Refusal(403, f"a page of another origin may change nothing here (Sec-Fetch-Site: {site})")
    if origin is None and site != "same-origin" and not _is_deliberate(headers):
        raise Refusal(
            403,
            "the request may be a foreign page's: send a header Authorization, a body of the type "
            "application/json, or the header Origin",
        )


def _is_deliberate(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return "authorization" in headers or kind == "application/json" or kind.endswith("+json")
