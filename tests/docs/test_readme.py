"""The README is short, opens with the two commands and shows a front."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.encode()) <= 9 * 1024


def test_it_opens_with_the_two_commands() -> None:
    first = README.split("```")[1]
    targets = re.findall(r"^make (\w+)", first, re.MULTILINE)
    assert targets == ["demo", "test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{target}: " in makefile for target in targets)


def test_it_shows_twelve_commands() -> None:
    assert len(re.findall(r"^paretocaps ", README, re.MULTILINE)) == 12


def test_it_shows_a_front() -> None:
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert 10_000 < (ROOT / picture).stat().st_size < 150_000


def test_no_placeholder_is_left() -> None:
    written = "`tests/benchmarks/measure.py --readme` writes what follows"
    generated = [(f"{name}: {written}", f"end of {name}") for name in ("speed", "search")]
    assert re.findall("<!-- (.*) -->", README) == [mark for marks in generated for mark in marks]
