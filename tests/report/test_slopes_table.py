from paretocaps.domain.published import Published
from paretocaps.report.depth import DepthLine, DepthPoint
from paretocaps.report.slopes import Slope
from paretocaps.report.slopes_table import slopes_beside, slopes_table

POINTS = (DepthPoint(1, 1.0, 1), DepthPoint(2, 2.0, 1))


def line(quantity, family, slope, **kind):
    return DepthLine(quantity, family, POINTS, {"family": family, **kind}, slope)


LINES = [
    line("memory", "residual_caps", Slope(185e6, 1e9, 183e6, 187e6, 0.9876, 8)),
    line("memory", "momentum_caps", Slope(4e6, 1e9, None, None, None, 2)),
    line("epoch_time", "residual_caps", Slope(1.03, 4.0, 1.01, 1.05, 0.5, 8)),
    line("acc", "residual_caps", None),
]


def test_a_row_a_kind_of_network_with_interval_and_fit():
    table = slopes_table(LINES)
    assert table.headings == ("network", "memory per block", "R²", "s per epoch, per block", "R²")
    assert table.rows == (
        ("residual_caps", "185 MB ±2.00 MB", "0.988", "1.03 s ±0.02 s", "0.500"),
        ("momentum_caps", "4.00 MB", "-", "-", "-"),
    )
    assert slopes_table([line("acc", "capsnet", None)]) is None


def test_published_slopes_stand_beside_those_of_the_same_networks():
    published = Published.model_validate(
        {
            "source": "a paper",
            "slopes": {
                "Res": {"memory": 174.2e6, "epoch_seconds": 1.031, "choices": {"family": "residual_caps"}},
                "Caps": {"memory": 174.2e6, "choices": {"family": "capsnet"}},
            },
        }
    )
    table = slopes_beside(published.slopes, LINES)
    assert table.groups == (("published, not measured here", 3), ("measured here", 5))
    assert table.rows == (
        ("Res", "174 MB", "1.031 s", "residual_caps", "185 MB ±2.00 MB", "0.988", "1.03 s ±0.02 s", "0.500"),
        ("Caps", "174 MB", "-", "not trained", "-", "-", "-", "-"),
    )
    assert slopes_beside((), LINES) is None


def test_a_published_row_meets_every_way_its_network_was_trained():
    published = Published.model_validate(
        {"source": "a", "slopes": {"Mo": {"memory": 1.0, "choices": {"family": "momentum_caps"}}}}
    )
    slope = Slope(1.0, 0.0, None, None, 1.0, 2)
    ways = [line("memory", "momentum_caps", slope, routing=routing) for routing in ("rba", "sda")]
    names = [row[2] for row in slopes_beside(published.slopes, ways).rows]
    assert names == ["momentum_caps, rba", "momentum_caps, sda"]
