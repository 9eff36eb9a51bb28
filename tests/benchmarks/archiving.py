"""Write the recorded tables as an archive that can be published and cited by itself.

    python tests/benchmarks/archiving.py recorded-tables.zip

The archive has the tables, their data card, what may be done with them, how to cite them, and a loader that
needs Python alone. It has no images, no weights and no code of the package. The same tables give the same
bytes.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml

from paretocaps.replay.space import TABLE
from paretocaps.replay.table import CARD, ROWS, cards, read

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "paretocaps" / "replay" / "tables"
LOADER = "recorded_tables.py"
_FOLDER = "paretocaps-recorded-tables"
_WHEN = 1980, 1, 1, 0, 0, 0  # the first day that a zip file knows
_LICENCES = """# What may be done with these tables

What was measured, and the loader, are under the licence of paretocaps (MIT, LICENSE).

There are no images here. A card has the labels of the validation images, which stay under the licence of
their data set, and a table has of each training the class that was predicted for those that it got wrong. The
images that the networks were trained on are those of

- digits: Optical Recognition of Handwritten Digits (E. Alpaydin and C. Kaynak, 1998; UCI Machine Learning
  Repository, CC BY 4.0, https://creativecommons.org/licenses/by/4.0/), as scikit-learn ships them;
- digits15: the same;
- mnist14: MNIST (Y. LeCun, C. Cortes and C. J. C. Burges, 1998; CC BY-SA 3.0,
  https://creativecommons.org/licenses/by-sa/3.0/), resized to 14x14 pixels.

Cite these, too, where you publish what you found with the tables.
"""


def contents() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each file of the archive."""
    yield "README.md", _readme((ROOT / "docs" / "recorded-tables.md").read_text(encoding="utf-8")).encode()
    yield "LICENSE", (ROOT / "LICENSE").read_bytes()
    yield "DATA-LICENSES.md", _LICENCES.encode()
    yield "CITATION.cff", _citation().encode()
    yield LOADER, (Path(__file__).parent / LOADER).read_bytes()
    yield "tables/space.json", _json(TABLE)
    for card in cards():
        yield f"tables/{card.name}.designs.json", _json(read(card.name).designs)
        for end in (CARD, ROWS):
            yield f"tables/{card.name}{end}", (TABLES / f"{card.name}{end}").read_bytes()


def archive(output: Path) -> int:
    """Write the archive and return how many files it has."""
    part, count = output.with_name(output.name + ".part"), 0
    with ZipFile(part, "w", ZIP_DEFLATED) as packed:
        for name, content in contents():
            entry = ZipInfo(f"{_FOLDER}/{name}", _WHEN)
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content, ZIP_DEFLATED)
            count += 1
    part.replace(output)
    return count


def _readme(docs: str) -> str:
    """Return what the docs say of the tables: their data card, and what a line has; and the loader's head."""
    card = docs.partition("## Data card")[2].partition("## Files")[0]
    line = next(text for text in docs.split("\n\n") if text.startswith("A line has"))
    line = re.sub(r"\[(.+?)\]\(.+?\)", r"\1", line)  # links to other pages
    generated = "<!-- generated: tables -->"
    held = "\n".join(
        f"- `{one.name}`: {one.designs} of {one.listed} listed designs, {one.trainings} trainings of"
        f" {one.epochs} epochs ({one.failed} failed), {one.facts['training images']:,} training images,"
        f" {len(one.labels):,} for validation and {one.test_images:,} for the test; {one.hours:.1f} hours,"
        f" {one.cpu_hours:.1f} of them CPU time; {', '.join(one.devices)}; {' to '.join(one.recorded)}"
        for one in cards()
    )
    usage = (Path(__file__).parent / LOADER).read_text(encoding="utf-8").split('"""')[1].strip()
    head = "# Recorded tables of trainings of capsule networks"
    real = "Every training was really made, with paretocaps; a line of a table is one."
    held = f"{real}\n\n{held}\n\n{card.replace(generated, '').strip()}"
    return f"{head}\n\n{held}\n\n## Files\n\n{line}\n\n## Loader\n\n`{LOADER}`. {usage}\n"


def _citation() -> str:
    """Return the citation of the tables: by whom, of which version and under which licence they are."""
    written: dict[str, object] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    names = ", ".join(one.name for one in cards())
    own = {
        "message": "If you use these tables, please cite them as below, and the data sets of their images.",
        "title": "Recorded trainings of capsule networks (paretocaps)",
        "abstract": f"Capsule networks, trained with many choices and measured after every epoch: {names}.",
        "type": "dataset",
        "keywords": ["capsule networks", "hyperparameter optimisation", "tabular benchmark"],
    }
    kept = {name: written[name] for name in ("cff-version", "authors", "version", "license")}
    text: str = yaml.safe_dump(kept | own, sort_keys=False, allow_unicode=True)
    return text


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def main(arguments: list[str]) -> None:
    """Write the archive that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    output = parser.parse_args(arguments).output
    print(f"{output}: {archive(output)} files, {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
