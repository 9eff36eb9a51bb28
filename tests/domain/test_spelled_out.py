import inspect
from typing import TypedDict, Unpack

from paretocaps.domain.spelled_out import spelled_out


class Options(TypedDict, total=False):
    size: int
    colour: str


def test_options_are_keywords_of_the_signature():
    @spelled_out
    def paint(thing: str, **options: Unpack[Options]) -> str:
        return f"{thing} {options}"

    assert list(inspect.signature(paint).parameters) == ["thing", "size", "colour"]
    assert inspect.signature(paint).parameters["size"].annotation is int
    assert paint("wall", size=3) == "wall {'size': 3}"
