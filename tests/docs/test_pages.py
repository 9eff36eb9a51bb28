"""The commands and programs of the README, the pages and the public names are run, scaled down.

A block that cannot be run here says why in the line above it, and is parsed instead; `NOT_RUN` lists those.
A block whose first line is a comment with the name of a file is that file, and is written there.
"""

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import paretocaps
from paretocaps.cli.app import app
from paretocaps.testing.plugin import plug_in, write_plugin
from paretocaps.training import reference_step

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
NOT_RUN = {
    "README.md": ["it is `make`"],
    "docs/clusters.md": ["it needs Slurm", "it needs a Ray cluster", "it needs Docker and the network"],
    "docs/first-study.md": ["it is a server, which runs until Ctrl-C"],
    "docs/guide.md": [
        "it needs the network",
        "it trains for minutes",
        "it trains for minutes",
        "it trains for minutes",
        "it is a server, which runs until Ctrl-C",
        "it needs a GPU",
        "it needs the network",
        "it trains for minutes",
        "it trains for minutes",
        "it needs the images of CIFAR-10",
        "it needs a database server",
        "it trains for minutes",
        "it names the device of one machine",
        "it trains for a night",
        "it trains for minutes",
        "it needs a checkpoint and CIFAR-10",
        "it needs Tiny ImageNet",
        "it needs Docker and the network",
    ],
    "docs/http-api.md": ["it is a server, which runs until Ctrl-C"],
    "docs/service.md": [
        "it is a server, which runs until Ctrl-C",
        "it changes the machine",
        "it changes the machine",
    ],
    "docs/recorded-tables.md": ["it has tests of its own", "it trains for hours"],
    "docs/reproducing-a-paper.md": [
        "it needs the images of MNIST",
        "it needs the images of MNIST",
        "it needs a GPU",
        "it needs the study of the paper",
    ],
}
"""Why the blocks that are not run are not, by page and in order."""
AT_MOST = {"--trials": 1, "--more": 1, "--more-repeats": 0, "--redo-loaded": 0, "--epochs": 1}
"""What a number on a command line is lowered to."""
AT_MOST_OF_DEMO = {"--trials": 2, "--more": 1, "--more-repeats": 0, "--redo-loaded": 0, "--epochs": 5}
"""What it is lowered to where a table is played, or `demo` searched, which is prepared once for all pages."""
ADDED = {
    "optimize": ["--device", "cpu", "--plain", "--require", "acc>=0"],
    "confirm": ["--device", "cpu", "--plain", "--budget", "1s"],
    "train": ["--device", "cpu", "--plain"],
    "evaluate": ["--device", "cpu", "--limit", "10"],
    "lr-range": ["--steps", "20"],
    "bench": ["--steps", "1", "--batch", "1"],
}
"""What is added to a command so that it is short, and what little it trains is good enough."""
PICKS = {"--knee", "--prefer", "--best"}
"""The options that pick a trial: without bounds, since what is trained so little may have collapsed."""
NEW_STUDY = {"--trials": "1", "--epochs": "1", "--objectives": "acc,params"}
"""What is added to a command that makes a study, unless it says so itself; no time means no calibration."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: where it begins, its language, its text, and why it is not run, if so."""

    line: int
    language: str
    text: str
    reason: str

    @property
    def commands(self) -> list[list[str]]:
        """The command lines of a block of them, each in words."""
        if self.language not in ("bash", "sh"):
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]

    @property
    def file(self) -> str | None:
        """The file that the block is: what the comment in its first line names."""
        named = re.match(r"# ([\w./]+\.\w+)\n", self.text)
        return named[1] if named else None


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text, found = page.read_text(encoding="utf-8"), []
    for fence in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        before = text[: fence.start()].rstrip().rpartition("\n")[2]
        reason = re.fullmatch(r"\*Not run by the tests: (.+)\.\*", before)
        line = text.count("\n", 0, fence.start()) + 1
        found.append(Block(line, fence[1], fence[2], reason[1] if reason else ""))
    return found


def inline(page: Path) -> list[list[str]]:
    """Return the command lines within a page's sentences."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [shlex.split(text) for text in re.findall(r"`(paretocaps [^`]+)`", prose) if "COMMAND" not in text]


def parse(words: Sequence[str]) -> None:
    """Read a command line of ours as the command line does; what is unknown raises."""
    program, name, *arguments = words
    assert program == "paretocaps"
    if name.startswith("-"):
        return
    context = click.Context(app)
    command = app.get_command(context, name)
    assert command is not None, name
    command.make_context(name, arguments, parent=context)


def scaled_down(words: Sequence[str]) -> list[str]:
    """Return the arguments of a command line of ours, made short."""
    arguments = list(words[1:])
    of_demo = arguments[0] == "optimize" and _is_prepared(arguments)
    at_most = AT_MOST_OF_DEMO if of_demo else AT_MOST
    for at, flag in enumerate(arguments[:-1]):
        if flag in at_most:
            arguments[at + 1] = str(min(int(arguments[at + 1]), at_most[flag]))
    if arguments[0] == "optimize" and not of_demo:
        arguments += [word for name in NEW_STUDY if name not in arguments for word in (name, NEW_STUDY[name])]
    picks = PICKS & {*arguments} and not {"--all", "--require"} & {*arguments}
    return [*arguments, *ADDED.get(arguments[0], ()), *(["--all"] if picks else [])]


def _is_prepared(arguments: Sequence[str]) -> bool:
    """Whether `optimize` searches `demo`, or plays a table, which has 5 epochs."""
    given = set(pairwise(arguments))
    return ("--study", "demo") in given or ("--trainer", "replay") in given


LABELLED = ("labelled-photos/cat", "labelled-photos/dog")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages take as given: a small study `demo`, images, the study files."""
    folder = tmp_path_factory.mktemp("prepared")
    random = np.random.default_rng(0)
    for name in ("photos/cat", "photos/dog", "new-photos", "images/cat", "images/dog", *LABELLED):
        (folder / name).mkdir(parents=True)
        for number in range(30):
            pixels = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    shutil.copytree(ROOT / "studies", folder / "studies", ignore=shutil.ignore_patterns("*.db*", "*.lock"))
    line = (
        "optimize --study demo --trials 2 --epochs 5 --design baseline --design one_cycle"
        " --fix batch_schedule=constant --fix batch_size=128"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setitem(reference_step._STEPS, "cpu", 3)  # by whose seconds devices are compared; usually 12
        _call([*line.split(), *ADDED["optimize"], "--executor", "inline"])
    return folder


def _call(arguments: Sequence[str]) -> None:
    before = torch.get_num_threads()
    result = CliRunner().invoke(app, list(arguments), prog_name="paretocaps")
    torch.set_num_threads(before)
    assert result.exit_code == 0, f"paretocaps {shlex.join(arguments)}\n{result.output}\n{result.exception!r}"


class Reader:
    """Does what a reader of one page does, in the folder in which it stands."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._names: dict[str, Any] = {}
        self._installed = False

    def follow(self, block: Block) -> None:
        """Write the file that a block is, or run its program or its commands."""
        if block.file:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, "page", "exec"), self._names)
        for words in block.commands:
            self._run(words)

    def _run(self, words: Sequence[str]) -> None:
        if words[0] == "paretocaps":
            self._call(scaled_down(words))
        elif words == ["pip", "install", "--editable", "."]:
            self._installed = True
            project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
            plug_in(self._patch, write_plugin(Path.cwd(), project["name"], project["entry-points"]))
        elif words[:3] == ["python", "-m", "pytest"]:
            _run([*words[1:], "-q", "-p", "no:cacheprovider"])
        else:
            pytest.fail(f"nothing here runs {shlex.join(words)}: say why it is not run, or run it")

    def _call(self, arguments: Sequence[str]) -> None:
        """Run a command of ours; a package that was installed meanwhile is found by new processes only."""
        if self._installed:
            _run(["-m", "paretocaps", *arguments])
        else:
            _call([*arguments, *(("--executor", "inline") if arguments[0] == "optimize" else ())])


def _run(arguments: Sequence[str]) -> None:
    """Run Python with arguments."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"python {shlex.join(arguments)}\n{done.stdout}\n{done.stderr}"


FOLLOWED = {
    name: page
    for name, page in zip(IDS, PAGES, strict=True)
    if any(block.commands or block.language in ("python", "toml") for block in blocks(page))
}


@pytest.mark.pages  # trains small networks
@pytest.mark.parametrize("page", FOLLOWED.values(), ids=FOLLOWED)
def test_a_page_can_be_followed(
    page: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reader"
    shutil.copytree(prepared, folder)
    monkeypatch.chdir(folder)
    reader = Reader(monkeypatch)
    for block in blocks(page):
        if block.reason or _makes(block):
            continue
        try:
            reader.follow(block)
        except Exception as error:
            pytest.fail(f"{page.relative_to(ROOT)}, line {block.line}: {error}")


EXAMPLES = {
    name: textwrap.dedent(example[1])
    for name in paretocaps.__all__
    for example in re.finditer(r"```python\n(.*?)```", getattr(paretocaps, name).__doc__, re.DOTALL)
}


def test_every_public_name_has_an_example() -> None:
    assert list(EXAMPLES) == paretocaps.__all__


@pytest.mark.pages  # trains small networks
def test_the_examples_of_the_public_names_run(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(prepared, tmp_path / "reader")
    monkeypatch.chdir(tmp_path / "reader")
    for name, example in EXAMPLES.items():
        try:
            exec(compile(example, name, "exec"), {"paretocaps": paretocaps})
        except Exception as error:
            pytest.fail(f"the example of {name}: {error}")


def _makes(block: Block) -> bool:
    """Whether a block is the README's two commands, of which the tests are one."""
    return bool(block.commands) and all(words[0] == "make" for words in block.commands)


def test_what_is_not_run_is_listed_with_its_reason() -> None:
    found = {
        name: [block.reason or "it is `make`" for block in blocks(page) if block.reason or _makes(block)]
        for page, name in zip(PAGES, IDS, strict=True)
    }
    assert {name: reasons for name, reasons in found.items() if reasons} == NOT_RUN


def commands(page: Path) -> list[list[str]]:
    """Return the command lines of ours on a page, in blocks and in sentences."""
    lines = [*(words for block in blocks(page) for words in block.commands), *inline(page)]
    return [words for words in lines if words[0] == "paretocaps"]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_command_has_the_options_of_today(page: Path) -> None:
    for words in commands(page):
        parse(words)


def test_every_command_is_on_a_page() -> None:
    shown = {words[1] for page in PAGES for words in commands(page)}
    assert set(app.list_commands(click.Context(app))) <= shown


@pytest.mark.parametrize("name", ["architecture", "contributing", "figures"])
def test_files_that_are_named_are_there(name: str) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    found = re.findall(r"`([\w/]+/[\w.-]*)`", page)
    assert found
    for named in found:
        path = Path(named).parent if "NAME" in named else Path(named)
        assert (ROOT / path).exists() or (ROOT / "paretocaps" / path).exists(), named


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
