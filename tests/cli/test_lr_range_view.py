import tomllib

from paretocaps.cli.lr_range_view import HEIGHT, curve, space_lines, write_range


def rows(count):
    return [{"learning_rate": 10.0 ** (n / 10 - 6), "smoothed": 1.0 - n / 100} for n in range(count)]


def test_the_curve_fits_and_falls():
    for braille in (True, False):
        lines = curve(rows(60), 79, braille)
        assert max(map(len, lines)) <= 79
        assert len(lines) == HEIGHT + 4
        assert lines[1] == "smoothed training loss"
    plot = [line.partition("|")[2] for line in lines[2 : 2 + HEIGHT]]
    assert plot[0].startswith("*")
    assert plot[-1].endswith("*")


def test_the_space_can_be_pasted_into_a_study_file():
    lines = space_lines({"lr_max": {"low": 3.3e-4, "high": 0.01, "log": True}})
    assert lines == ["[space]", "lr_max = { low = 0.00033, high = 0.01, log = true }"]
    assert tomllib.loads("\n".join(lines)) == {
        "space": {"lr_max": {"low": 3.3e-4, "high": 0.01, "log": True}}
    }


def test_the_space_follows_the_suggested_rates(capsys):
    class Test:
        rows, remarks = (), ()

        def as_dict(self):
            rates = dict.fromkeys(("lr_min", "lr_max", "steepest", "lowest"), 1e-3)
            return {**rates, "space": {"lr_max": {"low": 3.3e-4, "high": 0.01, "log": True}}}

    write_range(Test(), "table", draw=False)
    out = capsys.readouterr().out
    assert out.endswith("\n\n[space]\nlr_max = { low = 0.00033, high = 0.01, log = true }\n")
