import csv
import io
import json

import pytest


def test_the_published_network(run):
    result = run("describe", "--format", "json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert list(answer) == ["params", "macs", "capsules", "parts", "memory", "batch_size"]
    assert (answer["memory"], answer["batch_size"]) == (201_050_880, 128)
    assert (answer["params"], answer["capsules"]) == (8_215_728, 1152)
    assert sum(part["params"] for part in answer["parts"]) == answer["params"]
    assert sum(part["macs"] for part in answer["parts"]) == answer["macs"]
    assert [set(part) for part in answer["parts"]] == [{"name", "params", "macs"}] * len(answer["parts"])


def test_choices_change_it(run):
    designed = json.loads(run("describe", "--design", "ws", "--format", "json").stdout)
    set_by_hand = json.loads(
        run("describe", "--set", "weight_sharing=true", "--set", "decoder=reduced", "--format", "json").stdout
    )
    assert designed["params"] == set_by_hand["params"] == 6_708_400


def test_a_table_has_shares_and_a_sum(run):
    result = run("describe", "--design", "ws")
    lines = result.stdout.splitlines()
    assert lines[-1] == "memory of a training: about 177 MB at batch size 128"
    assert lines[-2] == "primary capsules: 1,152"
    assert lines[-3].split()[:3] == ["all", "6,708,400", "100.0"]
    assert "choices: weight_sharing=true decoder=reduced" in result.stderr


def test_csv_has_the_parts(run):
    rows = list(csv.DictReader(io.StringIO(run("describe", "--format", "csv").stdout)))
    assert sum(int(row["params"]) for row in rows) == 8_215_728


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "decodr=none"], "did you mean 'decoder'"),
        (["--set", "decoder"], "decoder"),
        (["--design", "wsa"], "did you mean 'ws'"),
        (["--image", "28"], "28"),
        (["--image", "4x4x1"], "8"),
        (["--classes", "0"], "0"),
        (["--trainer", "capsnt"], "did you mean 'capsnet'"),
    ],
)
def test_wrong_use_is_one_line(run, arguments, message):
    result = run("describe", *arguments)
    assert (result.exit_code, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
