from paretocaps.report.ensembles import ensembles_table
from paretocaps.storage.records import EnsembleRecord

FOUR = EnsembleRecord("four", ((3, 0, 1), (3, 1, 1), (5, 0, 2)), 0.8, 0.75, 100, 400, 12.5, 24_000_000)


def test_a_row_an_ensemble_with_half_intervals_and_sums():
    table = ensembles_table([FOUR])
    assert table.headings[:4] == ("ensemble", "networks", "acc of 100 validation", "acc of 400 test")
    assert table.rows == (
        (
            "four",
            "3",
            "0.800 ±0.089",
            "0.750 ±0.045",
            "12.5 s",
            "24.0 M",
            "trial 3, seeds 0, 1; trial 5, seed 0",
        ),
    )
    assert ensembles_table([]) is None
