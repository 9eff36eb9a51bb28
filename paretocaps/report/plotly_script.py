"""plotly.js, as pages have it."""

_OPENS, _CLOSES = "this, () => {", "}));"
"""How the function begins and ends that the whole of plotly.js is in."""
_HEAD = 1000
"""It begins within so many characters."""


def plotly_script() -> str:
    """Return plotly.js, whose one large function stands in parentheses.

    A browser then compiles it while it reads it. A function that is passed on without parentheses is read
    twice, once to find its end and once when it is called, which takes a sixth of a second for one of 5 MB.
    A plotly.js of another form is returned as it is.
    """
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    before, opened, rest = text.partition(_OPENS)
    body, closed, after = rest.rpartition(_CLOSES)
    if not opened or not closed or after.strip() or len(before) > _HEAD:
        return text
    return f"{before}this, (() => {{{body}}})));{after}"
