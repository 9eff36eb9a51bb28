from typing import Annotated, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from paretocaps.domain.wording import be, counted, wording


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (int, "two", "it should be a whole number"),
        (int, 1.5, "it should be a whole number"),
        (int, None, "it should be a whole number"),
        (float, "two", "it should be a number"),
        (bool, "maybe", "it should be true or false"),
        (str, 3, "it should be text"),
        (Annotated[int, Field(ge=1)], 0, "it should be greater than or equal to 1"),
        (Annotated[float, Field(lt=1)], 1, "it should be less than 1"),
        (Literal["a", "b"], "c", "it should be 'a' or 'b'"),
        (Annotated[str, Field(max_length=2)], "abc", "it should have at most 2 characters"),
    ],
)
def test_an_error_says_what_the_value_should_have_been(kind, value, words):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    assert wording(caught.value.errors()[0]).startswith(words)


def test_counts_have_their_noun_and_verb() -> None:
    assert [f"{counted(count, 'trial')} {be(count)}" for count in (0, 1, 1234)] == [
        "0 trials are",
        "1 trial is",
        "1,234 trials are",
    ]
