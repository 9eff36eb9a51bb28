import pytest

from paretocaps.domain.design_name import designs_in, name_in_study


@pytest.mark.parametrize(
    ("designs", "text"),
    [
        ([("ws", {})], "ws"),
        ([("baseline", {"family": "lenet5"})], "baseline (family=lenet5)"),
        ([("a", {"frozen": True, "lr_max": 0.01})], "a (frozen=true, lr_max=0.01)"),
        ([("a", {}), ("b", {})], "a = b"),
        ([("a", {"x": 1}), ("b", {"x": 1})], "a = b (x=1)"),
        ([("a", {"x": 1}), ("b", {})], "a (x=1) = b"),
    ],
)
def test_a_training_has_the_names_of_all_its_designs(designs, text):
    assert name_in_study(designs) == text
    assert designs_in(text) == tuple(name for name, _ in designs)


def test_a_name_is_no_longer_than_the_database_keeps():
    text = name_in_study([("resnet50", {"checkpoint": "/long" * 60})])
    assert len(text) == 200
    assert designs_in(text) == ("resnet50",)
    many = [
        (f"lenet5_exponential_{number}", {"family": "lenet5"} if number < 4 else {}) for number in range(9)
    ]
    text = name_in_study(many)
    assert len(text) <= 200
    assert text.endswith(" = ...")
    assert designs_in(text) == tuple(name for name, _ in many[:5])
