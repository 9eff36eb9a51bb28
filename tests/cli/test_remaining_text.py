from paretocaps.cli.remaining_text import remaining_parts
from paretocaps.domain.remaining import Remaining


def test_what_remains_is_said_in_trials_time_and_hypervolume() -> None:
    assert remaining_parts(Remaining(12, 90.0, 3600.0, 0.8123, 0.8334)) == [
        "12 trials left (about 1:30 of training)",
        "1:00:00 of the budget left",
        "hypervolume 0.8123, about 0.8334 expected at the end",
    ]


def test_what_is_not_known_is_left_out() -> None:
    assert remaining_parts(Remaining(1)) == ["1 trial left"]
    assert remaining_parts(Remaining(0, 0.0, None, 0.5, 0.5)) == ["0 trials left", "hypervolume 0.5000"]
