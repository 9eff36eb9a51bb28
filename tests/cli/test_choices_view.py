from paretocaps import service
from paretocaps.cli.choices_view import in_full


def test_a_choice_in_full_has_a_line_per_fact():
    (view,) = service.choices(name="lr_max")
    assert in_full(view) == [
        "choice   lr_max",
        "values   number above 0 to 0.1",
        "default  0.001",
        "where    -",
        "sampled  -",
        "meaning  The learning rate, the highest one where the policy changes it.",
    ]


def test_values_that_say_what_they_mean_follow():
    (view,) = service.choices(name="routing")
    assert [line.split()[0] for line in in_full(view)[-3:]] == ["rba", "sda", "em"]
