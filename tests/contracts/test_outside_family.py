"""A family from outside is described, searched, shown, exported and asked like those of the package."""

import csv
import json
import re
from functools import partial
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from paretocaps.testing.family import FamilyContract
from paretocaps.testing.plugin import plug_in

pytestmark = pytest.mark.slow


class TestOutsideFamily(FamilyContract):
    name = "toy_blur"
    choices: ClassVar = {"blur": 3, "hidden": 5, "bend": "tanh"}

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def installed(cls, parts_folder):
        with pytest.MonkeyPatch.context() as patch:
            plug_in(patch, parts_folder)
            yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def command(run_command, parts_folder, folder):
    """Run `paretocaps` in one folder for all tests, where the outside parts are installed."""
    return partial(run_command, folder, parts_folder)


@pytest.fixture(scope="module")
def study(command, folder):
    """A study that samples the own choices of the family among its trials."""
    (folder / "toy.toml").write_text(
        'dataset = "digits"\nlimit_train = 200\nobjectives = ["acc", "params"]\nepochs = 2\ntrials = 5\n'
        '[fix]\nfamily = "toy_blur"\nlr_max = 0.01\nbatch_size = 16\n'
        "[space]\nblur = { low = 1, high = 4 }\nhidden = [0, 16]\n"
        'bend = { values = ["relu", "tanh"], when = { hidden = { above = 0 } } }\n'
    )
    return command("optimize", "--study", "toy", "--spec", "toy.toml", "--require", "acc>=0")


def test_it_is_described(command):
    choices = ["--set", "family=toy_blur", "--set", "hidden=8", "--image", "8x8x1", "--format", "json"]
    description = json.loads(command("describe", *choices).stdout)
    assert description["parts"] == [
        {"name": "linear1", "params": 17 * 8, "macs": 16 * 8},
        {"name": "linear2", "params": 9 * 10, "macs": 8 * 10},
    ]
    assert "blur=3" in command("describe", "--set", "family=toy_blur", "--set", "blur=3").stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["family=lenet5", "blur=3"], "blur=3 only applies where family is toy_blur"),
        (
            ["family=toy_blur", "blur=5"],
            "choice blur='5' is not allowed: it should be less than",
        ),
        (["family=toy_blur", "pruning_ratio=0.5"], "pruning_ratio=0.5 only applies where family is capsnet"),
    ],
)
def test_what_it_cannot_be_is_refused_in_one_line(command, settings, message):
    sets = [part for setting in settings for part in ("--set", setting)]
    (line,) = command("describe", *sets, code=2).stderr.splitlines()
    assert message in line


def test_its_choices_are_listed(command):
    rows = json.loads(command("choices", "--format", "json").stdout)
    blur = next(row for row in rows if row["choice"] == "blur")
    assert "squares" in json.dumps(blur)
    assert "toy_blur" in json.dumps(blur)


def test_it_is_searched_and_its_choices_are_shown(command, study, folder):
    front = json.loads(command("front", "toy", "--format", "json").stdout)
    assert front["members"]
    for member in front["members"]:
        assert member["choices"]["family"] == "toy_blur"
        assert 1 <= member["choices"]["blur"] <= 4
        assert ("bend" in member["choices"]) == (member["choices"]["hidden"] > 0)
    rows = csv.DictReader(command("front", "toy", "--format", "csv").stdout.splitlines())
    assert "blur" in next(rows)
    command("report", "toy", "-o", "report.html")
    page = (folder / "report.html").read_text()
    shown = page[
        page.index("</head>") : page.index('<script id="plotly"')
    ]  # the library's has a blur of its own
    assert re.search(r"\bblur=[1-4]\b", shown)


def test_it_is_exported_and_predicts(command, study, folder):
    command("export", "toy", "--knee", "-o", "exported")
    images = folder / "images"
    images.mkdir()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(images / "one.png")
    (answer,) = json.loads(command("predict", "exported", images, "--format", "json").stdout)
    assert answer["class"] in map(str, range(10))


def test_without_its_package_the_study_still_reads(run_command, folder, study):
    alone = partial(run_command, folder, folder)
    assert json.loads(alone("front", "toy", "--format", "json").stdout)["members"]
    alone("report", "toy", "-o", "alone.html")
    refused = alone("describe", "--set", "family=toy_blur", code=2)
    assert "choice family='toy_blur' is not allowed" in refused.stderr
