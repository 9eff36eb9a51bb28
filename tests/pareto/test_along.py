from paretocaps.pareto.along import Change, changes_along


def test_choices_rise_fall_change_and_vary_along_a_front():
    found = changes_along(
        [
            {"ratio": ratio, "size": 9 - n, "shared": n > 3, "policy": "ab"[n % 2], "epochs": 5}
            for n, ratio in enumerate((0.0, 0.0, 0.1, 0.3, 0.2, 0.5, 0.6, 0.8))
        ]
    )
    assert found == [
        Change("ratio", "rises", 0.0, 0.6),
        Change("size", "falls", 8, 2),
        Change("shared", "changes", False, True, 4),
        Change("policy", "varies"),
    ]


def test_a_choice_with_the_same_median_on_both_sides_neither_rises_nor_falls():
    found = changes_along([{"decay": value} for value in (0.0, 0.0, 0.0, 0.0, 0.0, 0.01)])
    assert found == [Change("decay", "varies")]


def test_of_few_members_no_order_is_said():
    assert changes_along([{"a": 1}, {"a": 2}, {"a": 3}]) == [Change("a", "varies")]
    assert changes_along([]) == []


def test_a_choice_that_some_members_lack_varies_or_repeats_another():
    found = changes_along([{"cycle": "phase", "rate": 1}] * 3 + [{"rate": 2}, {}, {}])
    assert found == [Change("rate", "varies")]


def test_a_large_front_of_distinct_values_is_told_at_once():
    told = []

    class Value:
        def __init__(self, number):
            self.number = number

        def __repr__(self):
            told.append(self.number)
            return f"value {self.number}"

    assert changes_along([{"a": Value(n)} for n in range(2000)]) == [Change("a", "varies")]
    assert len(told) < 10_000
