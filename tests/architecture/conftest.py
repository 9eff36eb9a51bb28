"""What the architecture's tests look at: every import of the package, and its owners' table."""

import tomllib
from pathlib import Path

import grimp
import pytest


@pytest.fixture(scope="session")
def graph() -> grimp.ImportGraph:
    """Every import, also those inside functions and for types only."""
    return grimp.build_graph("paretocaps", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="session")
def table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("owners.toml").read_text())
