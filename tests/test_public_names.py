import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import paretocaps

NAMES = [
    "Choices",
    "EpochRecord",
    "Front",
    "Measurement",
    "Observer",
    "ParetocapsError",
    "StudySpec",
    "TrainerSpec",
    "TrainingJob",
    "describe",
    "evaluate",
    "export",
    "load_front",
    "load_history",
    "load_trials",
    "open_study",
    "optimize",
    "predict",
    "register_trainer",
    "train",
]


def test_the_public_surface_is_these_names() -> None:
    assert paretocaps.__all__ == NAMES
    assert len(NAMES) <= 20


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(paretocaps, name).__doc__


def test_no_module_has_the_name_of_a_function() -> None:
    """Importing the module `paretocaps.train` would put it in the place of the function."""
    folder = Path(paretocaps.__file__).parent
    assert not {path.stem for path in folder.iterdir()} & set(NAMES)


def test_it_has_a_version() -> None:
    assert paretocaps.__version__ == version("paretocaps")
    assert set(dir(paretocaps)) >= {*NAMES, "__version__"}


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        paretocaps.nothing  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, paretocaps; print(sorted(m for m in sys.modules if m.startswith('paretocaps')))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['paretocaps']"
