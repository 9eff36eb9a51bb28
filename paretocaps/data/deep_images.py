"""The images of a data set that have more than 8 bits: whether they fit each other, and their range."""

from collections.abc import Callable

from paretocaps.data.decode import INTEGERS, REALS, UPPER, Header
from paretocaps.domain.job import Levels
from paretocaps.errors import DataError

_HALF = 128  # of 256: 16-bit colours whose upper 8 bits stay below it do not use all of their bits
_REMEDY = "convert the images to 8 bits"


def scaled_from(levels: Levels) -> str:
    """Return a remark on the values of gray pixels of more than 8 bits that are read as 0 and 255."""
    low, high = levels
    return (
        f"gray values of more than 8 bits are scaled: {low:g} to {high:g}, the range of the training images,"
        " are read as 0 to 255"
    )


class DeepImages:
    """The images of more than 8 bits among those of a data set.

    Args:
        train: how many images the training part has, which come first.
        name: a function from the row of an image to its name.
    """

    def __init__(self, train: int, name: Callable[[int], str]) -> None:
        self._train, self._name = train, name
        self._first: dict[str, int] = {}  # the first row of each kind
        self._ranges: dict[str, Levels] = {}  # of the training images of each kind
        self._counts = {INTEGERS: 0, REALS: 0, UPPER: 0}

    def add(self, row: int, header: Header) -> None:
        """Note the header of the image at `row`; rows come in order."""
        kind, levels = header.deep, header.levels
        if levels is None:
            return
        self._first.setdefault(kind, row)
        self._counts[kind] += 1
        if row < self._train:
            before = self._ranges.get(kind, levels)
            self._ranges[kind] = min(before[0], levels[0]), max(before[1], levels[1])

    @property
    def scaled(self) -> int:
        """How many gray images of more than 8 bits there are."""
        return self._counts[INTEGERS] + self._counts[REALS]

    @property
    def upper(self) -> int:
        """How many 16-bit colour images there are, of which the upper 8 bits are read."""
        return self._counts[UPPER]

    def levels(self, asked: Levels | None) -> Levels | None:
        """Return the values of gray pixels that become 0 and 255; None if all grays have 8 bits.

        They are `asked`, or the lowest and highest value of the training images.

        Raises:
            DataError: integers and floating-point numbers are mixed, only the test part has more than 8 bits,
                or 16-bit colours use only some of their bits.
        """
        if INTEGERS in self._first and REALS in self._first:
            raise DataError(
                f"the pixels of {self._name(self._first[INTEGERS])} are {INTEGERS}, those of"
                f" {self._name(self._first[REALS])} {REALS}: {_REMEDY}"
            )
        upper = self._ranges.get(UPPER)
        if upper and upper[1] < _HALF:
            raise DataError(
                f"{self._name(self._first[UPPER])} and all other {UPPER} of the training part use only the"
                f" lower bits, which would be lost (the brightest is {upper[1]:g} of 255): {_REMEDY}"
            )
        kind = next((kind for kind in (INTEGERS, REALS) if kind in self._first), None)
        if kind is None or asked is not None:
            return asked
        if kind not in self._ranges:
            raise DataError(
                f"{self._name(self._first[kind])} has more than 8 bits per pixel, but the training images"
                f" have 8: {_REMEDY}"
            )
        return self._ranges[kind]
