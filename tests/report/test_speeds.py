from paretocaps.domain.estimate import Estimate
from paretocaps.report.measured_beside_published import Beside
from paretocaps.report.speeds import speeds, speeds_table


def line(name, published, **measured):
    printed = {"epoch_seconds": published} if published else {}
    return Beside(name, printed, "", 0, {key: Estimate(value, 1) for key, value in measured.items()}, 1)


def test_seconds_stand_beside_those_of_the_other_row():
    lines = [
        line("baseline", 49.0, epoch_seconds=30.0, time=300.0),
        line("lenet5", 17.0, epoch_seconds=2.0, time=40.0),
        line("lenet5_wab", None, epoch_seconds=5.0, time=50.0),
    ]
    table = speeds_table(speeds(lines, {"lenet5": "baseline", "lenet5_wab": "baseline"}))
    assert table.groups == (("published, not measured here", 5), ("measured here", 6))
    assert table.headings[2:] == ("s per epoch", "the other's", "ratio") * 2 + (
        "time",
        "the other's",
        "ratio",
    )
    assert table.rows == (
        (
            "lenet5",
            "baseline",
            "17.0 s",
            "49.0 s",
            "2.88",
            "2.00 s",
            "30.0 s",
            "15.00",
            "40.0 s",
            "300 s",
            "7.50",
        ),
        ("lenet5_wab", "baseline", "-", "49.0 s", "-", "5.00 s", "30.0 s", "6.00", "50.0 s", "300 s", "6.00"),
    )


def test_what_was_not_measured_has_no_ratio():
    (one,) = speeds([line("a", 1.0), line("b", None)], {"a": "b"})
    assert one.epoch == (None, None)
    assert "-" in speeds_table([one]).rows[0]
