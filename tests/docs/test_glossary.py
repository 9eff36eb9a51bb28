"""The glossary explains the words that the pages and messages use for one thing only."""

from pathlib import Path

import pytest

GLOSSARY = (Path(__file__).resolve().parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
WORDS = (
    *("study", "trial", "choices", "design", "point", "job", "attempt", "replicate", "rank", "sampler"),
    *("measurement", "objective", "direction", "device", "slot", "loaded", "front", "knee", "preferences"),
    *("plan", "prune", "weights", "trunk", "backbone", "export"),
)


@pytest.mark.parametrize("word", WORDS)
def test_it_has_the_word(word: str) -> None:
    assert f"**{word}**" in GLOSSARY
