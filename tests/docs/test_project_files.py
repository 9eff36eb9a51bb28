"""What the project says of itself in several files is the same, and keeps the schemas of its readers."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
WORKFLOW = yaml.safe_load((ROOT / ".ci" / "github-actions.yaml").read_text())
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "file"),
    [("citation-file-format", "CITATION.cff"), ("github-workflows", ".ci/github-actions.yaml")],
)
def test_files_for_others_keep_their_schemas(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run(
        [*command, "--force-filetype", "yaml", str(ROOT / file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_version_is_the_same_everywhere() -> None:
    newest = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0]
    assert PROJECT["version"] == CITATION["version"] == newest
    assert PROJECT["license"] == CITATION["license"]


def test_the_lowest_python_is_the_first_classifier() -> None:
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_the_hosted_ci_runs_what_there_is_with_every_python() -> None:
    assert WORKFLOW["jobs"]["python"]["strategy"]["matrix"]["python"] == PYTHONS
    steps = [step.get("run", "") for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    assert any(".ci/run" in step for step in steps)
    makefile = (ROOT / "Makefile").read_text()
    for words in (step.split()[1:] for step in steps if step.startswith("make ")):
        for target in (word for word in words if "=" not in word):
            assert re.search(rf"^([\w-]+ )*{target}( [\w-]+)*:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md", "README.md"])
def test_every_file_that_a_page_links_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []
