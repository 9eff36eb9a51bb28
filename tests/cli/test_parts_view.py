import csv
import io
import json

import pytest

from paretocaps.cli.parts_view import with_shares, write_description

NETWORK = {
    "params": 400,
    "macs": 1000,
    "capsules": 1152,
    "memory": 2_500_000,
    "batch_size": 128,
    "parts": [{"name": "conv1", "params": 100, "macs": 750}, {"name": "decoder", "params": 300, "macs": 250}],
}


def test_json_is_the_description(capsys):
    write_description(NETWORK, {}, "capsnet", "json")
    assert json.loads(capsys.readouterr().out) == NETWORK


def test_csv_has_the_parts(capsys):
    write_description(NETWORK, {}, "capsnet", "csv")
    assert [row["name"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == [
        "conv1",
        "decoder",
    ]


def test_shares_add_up():
    rows = with_shares(NETWORK)
    assert [row["% of params"] for row in rows] == ["25.0", "75.0", "100.0"]
    assert [row["% of multiply-adds"] for row in rows] == ["75.0", "25.0", "100.0"]
    assert with_shares({**NETWORK, "macs": 0})[0]["% of multiply-adds"] == "-"


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"family": "backbone_caps", "pruning_ratio": 0.5}, True),
        ({"family": "backbone_caps", "pruning_ratio": 0.0}, False),
        ({"family": "capsnet", "pruning_ratio": 0.5}, False),
    ],
)
def test_a_deep_trunk_is_pruned_otherwise_by_a_training(capsys, choices, said):
    write_description(NETWORK, choices, "capsnet", "table")
    assert ("a training keeps the best of several" in capsys.readouterr().err) == said


def test_a_table_names_choices_and_capsules(capsys):
    write_description(NETWORK, {"family": "capsnet", "decoder": "reduced"}, "capsnet", "table")
    captured = capsys.readouterr()
    assert captured.err == "choices: decoder=reduced\n"
    lines = captured.out.splitlines()
    assert lines[2].split() == ["conv1", "100", "25.0", "750", "75.0"]
    assert lines[-2:] == [
        "primary capsules: 1,152",
        "memory of a training: about 2.50 MB at batch size 128",
    ]


def test_a_network_without_capsules_has_no_line_for_them(capsys):
    write_description({**NETWORK, "capsules": 0}, {"family": "lenet5"}, "capsnet", "table")
    assert "capsules" not in capsys.readouterr().out


def test_more_memory_than_the_machine_has_is_told_with_the_remedy(capsys):
    write_description({**NETWORK, "memory": 10**15}, {"family": "capsnet"}, "capsnet", "table")
    said = capsys.readouterr().err
    assert "more memory than the " in said
    assert "set a smaller image_size or batch_size, or decoder=none" in said
