import json

from paretocaps.service import paper_tables

FILE = """
study = "towers"
objectives = ["acc", "time"]
dataset = "mnist"
trainer = "towers"
executor = "inline"
designs = ["hut", "spire"]
trials = 2
epochs = 2
repeats = 2
[published]
source = "a paper on towers"
[published.rows]
hut = { acc = 0.7 }
spire = { acc = 0.9 }
[table.towers-1]
paper = "Towers"
title = "Table 1"
shows = "huts and spires"
claims = [{ text = "spires are better", row = "spire", than = "hut", objective = "acc", direction = "more" }]
[table.towers-2]
paper = "Towers"
title = "Table 2"
shows = "mountains"
open = "there are none here"
"""


def test_a_table_is_made_again_and_its_paths_printed(run, tmp_path, monkeypatch):
    (tmp_path / "towers.toml").write_text(FILE)
    monkeypatch.setattr(paper_tables, "study_files", lambda: [tmp_path / "towers.toml"])
    listed = run("reproduce", "--format", "json")
    assert [(one["table"], one["open"]) for one in json.loads(listed.stdout)] == [
        ("towers-1", None),
        ("towers-2", "there are none here"),
    ]
    shown = run("reproduce")
    assert "open: there are none here" in shown.stdout
    made = run("reproduce", "towers-1", "--scale", "paper", "--plain")
    assert made.exit_code == 0, made.stderr
    page, figures = made.stdout.split()
    assert json.loads((tmp_path / figures).read_text())["claims"][0]["verdict"] == "holds"
    assert (tmp_path / page).is_file()
    assert "holds: spires are better" in made.stderr
    no_rows = run("reproduce", "towers-1", "--format", "csv")
    assert "the figures of towers-1 are JSON" in no_rows.stderr
    refused = run("reproduce", "towers-2")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "towers-2 cannot be made here: there are none here" in refused.stderr
