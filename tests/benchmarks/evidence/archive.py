"""The runs that were played, packed in one file that is committed: another machine goes on with them."""

import json
import lzma
from collections.abc import Iterable
from pathlib import Path


def pack(runs: Path, played: Iterable[Path], archive: Path) -> int:
    """Write the files of runs that are there to an archive, and return how many they are.

    Args:
        runs: the folder below which they lie.
        played: the files, of which some may be missing.
        archive: JSON Lines, compressed: the place of each below `runs`, and what it holds.
    """
    there = sorted(file for file in played if file.exists())
    lines = [json.dumps([str(file.relative_to(runs)), json.loads(file.read_text())]) for file in there]
    part = archive.with_suffix(".part")
    part.write_bytes(lzma.compress("\n".join(lines).encode(), preset=9))
    part.rename(archive)
    return len(there)


def unpack(archive: Path, runs: Path) -> int:
    """Write the runs of an archive below `runs`, but those that are there; return how many were missing."""
    missing = 0
    for line in lzma.decompress(archive.read_bytes()).decode().splitlines():
        place, held = json.loads(line)
        file = (runs / place).resolve()
        if not file.is_relative_to(runs.resolve()):
            raise SystemExit(f"{archive}: {place!r} lies outside the folder of runs: give another archive")
        if not file.exists():
            missing += 1
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(held))
    return missing
