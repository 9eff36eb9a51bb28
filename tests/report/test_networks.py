from paretocaps.domain.front_record import FrontMember
from paretocaps.report.networks import networks_table, paper_flops

PARTS = {
    "params": 3_000_000,
    "trunk_params": 1_000_000,
    "primary_params": 500_000,
    "capsule_params": 1_500_000,
}


def member(trial, **choices):
    return FrontMember(trial, choices, {})


def test_the_parts_of_every_network_stand_side_by_side():
    members = [member(3, family="backbone_caps", backbone="resnet18"), member(5, family="lenet5")]
    measured = {
        3: {**PARTS, "macs": 218.2e6, "latency": 0.012},
        5: {"params": 61_706, "trunk_params": 61_706, "macs": 416_520},
        7: {"params": 1},
    }
    table = networks_table(members, measured)
    assert table.headings == (
        *("trial", "network", "params", "trunk", "primary", "capsule layers"),
        *("macs", "paper's flops", "latency"),
    )
    assert table.rows[0] == (
        *("3", "backbone_caps resnet18", "3.00 M", "1.00 M", "500 k", "1.50 M", "218 M", "655 M", "0.012 s"),
    )
    assert table.rows[1] == ("5", "lenet5", "61.7 k", "61.7 k", "-", "-", "417 k", "-", "-")
    assert table.numeric == (True, False, *[True] * 7)


def test_the_entropy_is_in_bits_where_it_was_measured():
    table = networks_table([member(0)], {0: {**PARTS, "bottleneck_entropy": 0.4321}})
    assert table.headings[-1] == "entropy"
    assert table.rows[0][-1] == "0.43 bit"


def test_counts_are_whole_numbers():
    counts = {"bottleneck": 2048.0, "primary_capsules": 256.0}
    table = networks_table([member(0), member(1)], {0: PARTS | counts, 1: PARTS})
    assert table.headings[-2:] == ("bottleneck", "capsules")
    assert [row[-2:] for row in table.rows] == [("2048", "256"), ("-", "-")]


def test_the_share_that_was_pruned_away_is_that_achieved():
    table = networks_table([member(0), member(1)], {0: {**PARTS, "pruned_share": 0.5049}, 1: PARTS})
    assert table.headings[-1] == "pruned"
    assert [row[-1] for row in table.rows] == ["50.5%", "-"]


def test_there_is_no_table_where_nobody_measured_the_parts():
    assert networks_table([member(0)], {0: {"params": 12, "macs": 5}}) is None
    assert networks_table([member(0)], {}) is None
    assert networks_table([], {0: PARTS}) is None


def test_flops_of_training_are_counted_as_the_paper_counts_them():
    assert paper_flops({"backbone": "resnet50", "frozen": False}, {"macs": 4.3e9}) == 12.9e9
    assert paper_flops({"backbone": "resnet50", "frozen": True}, {"macs": 4.3e9}) == 8.6e9
    assert paper_flops({}, {}) is None
