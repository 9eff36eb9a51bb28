"""Long arrays of a page's figures, each of which the page has once."""

import json
from typing import Any

_LONG = 2000
"""Characters from which on an array stands apart from its figure, to be read when that is drawn."""


class SharedArrays:
    """The long arrays of a page's figures: several figures show the same trials, and the page has them once.

    A figure has `{"shared": n}` in the place of array n; page.js puts it back. A page of 10,000 trials over
    three objectives has its values and texts once instead of four times.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def texts(self) -> tuple[str, ...]:
        """The arrays as JSON that a script element may hold, in the order of their numbers."""
        return tuple(self._numbers)

    def taken_out(self, value: Any) -> Any:
        """Return a part of a figure, as `Figure.to_dict` gives it, with its long arrays taken out."""
        if isinstance(value, dict) and "bdata" not in value:
            return {name: self.taken_out(own) for name, own in value.items()}
        if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            return [self.taken_out(own) for own in value]
        if not isinstance(value, dict | list | tuple) and not hasattr(value, "tolist"):
            return value
        text = script_json(value)
        return value if len(text) < _LONG else {"shared": self._numbers.setdefault(text, len(self._numbers))}


def script_json(value: Any) -> str:
    """Return JSON that a script element may hold: no part of it ends the element or begins another.

    It may hold what a figure holds, such as arrays of numpy.
    """
    from plotly.utils import PlotlyJSONEncoder

    text = json.dumps(value, separators=(",", ":"), cls=PlotlyJSONEncoder)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
