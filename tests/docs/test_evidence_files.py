"""The committed tables of the papers: whole, of at least three seeds, and what was made again agrees."""

import json
import math
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from paretocaps.service.paper_tables import paper_tables

EVIDENCE = Path(__file__).resolve().parents[2] / "docs" / "evidence"
TABLES = sorted(EVIDENCE.glob("*.json"))
AGAIN = sorted((EVIDENCE / "again").glob("*.json"))
FEWEST, MOST_OUTSIDE = 3, 0.1


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_a_table_is_whole_and_has_its_page_and_picture(file: Path) -> None:
    found = read(file)
    assert found["table"] in {table.name for table in paper_tables()}
    assert file.stem == f"{found['table']}-{found['scale']}"
    assert len(set(found["seeds"])) >= FEWEST
    assert found["trainings"]["finished"] == found["trainings"]["all"] > 0
    assert {claim["verdict"] for claim in found["claims"]} <= {"holds", "does not hold", "open"}
    assert file.with_suffix(".html").is_file()
    assert file.with_suffix(".png").is_file()


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_its_means_are_those_of_its_seeds(file: Path) -> None:
    found = read(file)
    by_seed = found.get("by_seed", {})  # which the first page that was committed did not have
    for row in found["rows"]:
        seeds = by_seed.get(row["row"], {})
        for name, told in row["measured"].items():
            values = [one[name] for one in seeds.values() if name in one]
            if values:
                assert len(values) == told["n"] >= FEWEST
                assert math.isclose(told["value"], fmean(values), rel_tol=1e-9)


@pytest.mark.parametrize("file", AGAIN, ids=lambda file: file.stem)
def test_what_was_made_again_with_other_seeds_agrees(file: Path) -> None:
    found = read(file)
    first, second = found["first"], found["second"]
    assert not set(first["seeds"]) & set(second["seeds"])
    for one in found["figures"]:
        assert one["within"] == (abs(one["difference"]) <= one["half"])
        assert math.isclose(one["difference"], one["second"] - one["first"], abs_tol=1e-9 * abs(one["first"]))
    outside = sum(not one["within"] for one in found["figures"])
    assert outside <= MOST_OUTSIDE * len(found["figures"])


def test_there_are_some() -> None:
    assert TABLES
    assert AGAIN
