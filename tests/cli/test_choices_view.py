from paretocaps import service
from paretocaps.cli.choices_view import in_full, in_short, write_choices


def test_a_choice_in_short_ends_with_its_condition_and_what_is_sampled():
    (view,) = service.choices(name="growth")
    row = in_short(view)
    assert list(row) == ["choice", "values", "default", "meaning"]
    assert row["meaning"].startswith(view.facts.description)
    assert row["meaning"].endswith(". Only where batch_schedule is adabatch. Sampled: doubling, once.")


def test_a_choice_in_full_has_a_line_per_fact(capsys):
    (view,) = service.choices(name="lr_max")
    write_choices([view], "table", full=True)
    assert capsys.readouterr().out.splitlines() == [
        "choice   lr_max",
        "values   number above 0 to 0.1",
        "default  0.001",
        "where    -",
        "sampled  0.0003 to 0.01 (log)",
        "meaning  The learning rate, or its peak if the policy changes it.",
    ]


def test_values_that_say_what_they_mean_follow():
    (view,) = service.choices(name="routing")
    _, meanings = in_full(view)
    assert [next(iter(row.values())) for row in meanings] == ["rba", "sda", "em"]


def test_a_fact_that_does_not_fit_a_line_goes_on_below_itself(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    (view,) = service.choices(name="lr_policy")
    write_choices([view], "table", full=True)
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("values"))
    assert lines[at + 1].startswith(" " * 9)
    assert lines[at + 1][9] != " "
