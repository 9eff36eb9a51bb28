import pytest

from paretocaps.data.sources.class_names import numbers_by_name, one_form


def test_one_order_keeps_its_numbers_although_a_name_is_there_twice() -> None:
    assert numbers_by_name(["crane", "crane"], ["crane", "crane"], "a", "b").tolist() == [0, 1]


def test_another_order_or_fewer_classes_are_numbered_by_name() -> None:
    assert numbers_by_name(["cat", "ant"], ["ant", "bee", "cat"], "a", "b").tolist() == [2, 0]


def test_an_accent_may_be_written_in_two_ways() -> None:
    assert one_form("cafe\u0301") == "caf\u00e9"
    assert numbers_by_name(["cafe\u0301", "ant"], ["ant", "caf\u00e9"], "a", "b").tolist() == [1, 0]


def test_a_class_that_the_training_part_has_not(refusal) -> None:
    message = refusal(numbers_by_name, ["ant", "beee"], ["ant", "bee"], "test.parquet", "train.parquet")
    assert message == (
        "test.parquet: declares class 'beee', which train.parquet does not: did you mean 'bee'?: declare the"
        " same classes in all files"
    )


@pytest.mark.parametrize("own", [["ant", "ant"], ["bee", "ant"]])
def test_another_order_with_a_name_twice(refusal, own) -> None:
    assert "twice" in refusal(numbers_by_name, own, ["ant", "bee", "bee"], "a", "b")
