from paretocaps import service
from paretocaps.cli.choices_view import in_full, in_short


def test_a_choice_in_short_ends_with_its_condition_and_what_is_sampled():
    (view,) = service.choices(name="growth")
    row = in_short(view)
    assert list(row) == ["choice", "values", "default", "meaning"]
    assert row["meaning"].startswith(view.facts.description)
    assert row["meaning"].endswith(". Only where batch_schedule is adabatch. Sampled: doubling, once.")


def test_a_choice_in_full_has_a_line_per_fact():
    (view,) = service.choices(name="lr_max")
    assert in_full(view) == [
        "choice   lr_max",
        "values   number above 0 to 0.1",
        "default  0.001",
        "where    -",
        "sampled  0.0003 to 0.01 (log)",
        "meaning  The learning rate, or its peak if the policy changes it.",
    ]


def test_values_that_say_what_they_mean_follow():
    (view,) = service.choices(name="routing")
    assert [line.split()[0] for line in in_full(view)[-3:]] == ["rba", "sda", "em"]
