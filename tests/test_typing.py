"""What a type checker sees of the installed package, from outside."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
SETTINGS = """
[mypy]
strict = true
[mypy-torch.*,sqlalchemy.*,optuna.*]
follow_imports = skip
"""  # what the public names do not mention need not be read
SCRIPT = """
import paretocaps

front = paretocaps.load_front("study")
reveal_type(front)
for member in front:
    reveal_type(member.values)
paretocaps.load_front(study=3)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The tree of the wheel, as it is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def test_a_script_outside_sees_the_types(site, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "mypy.ini").write_text(SETTINGS)
    # found as an installed package is: without its marker py.typed, mypy would not read it
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental", "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert checked.stderr == ""
    notes = [line.partition(": ")[2] for line in checked.stdout.splitlines()[:-1]]
    assert notes[:2] == [
        'note: Revealed type is "paretocaps.report.front.Front"',
        'note: Revealed type is "typing.Mapping[str, float]"',
    ]
    assert notes[2].startswith('error: Argument "study" to "load_front" has incompatible type "int"')
    assert len(notes) == 3
