"""A routing of another package, found by its entry point, is a choice like any other."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import parse_choices
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.models.routings.base import layer_class
from paretocaps.testing.plugin import plug_in, write_plugin
from paretocaps.testing.routing import RoutingContract


@pytest.mark.slow
class TestOutsideRouting(RoutingContract):
    name = "cosine"

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def installed(cls, parts_folder):
        with pytest.MonkeyPatch.context() as patch:
            plug_in(patch, parts_folder)
            yield

    @pytest.fixture
    def plainly(self):
        return lambda layer, capsules: layer.route(capsules)

    def test_is_a_choice_with_its_own_defaults(self):
        assert "cosine" in list(ROUTINGS)
        assert parse_choices(Choices, {"routing": "cosine"}).routing_gradient == "all"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def command(run_here, folder, parts_folder):
    return partial(run_here, folder, parts_folder)


@pytest.fixture(scope="module")
def study(command):
    """A study of two trainings with the routing."""
    small = ["--set", "routing=cosine", "--set", "primary_capsules=4", "--set", "decoder=none"]
    small += ["--set", "batch_size=4", "--set", "lr_policy=fixed"]  # otherwise it learns too little
    some = ["--dataset", "digits", "--limit-train", "100", "--trials", "2", "--epochs", "1"]
    some += ["--require", "acc>=0"]  # a training this short misses the default bound
    command("optimize", "--study", "out", "--objectives", "acc,params", *small, *some)
    return "out"


@pytest.mark.slow
def test_it_is_described(command):
    described = json.loads(command("describe", "--set", "routing=cosine", "--format", "json").stdout)
    same = json.loads(command("describe", "--set", "routing=rba", "--format", "json").stdout)
    kept = described.pop("memory"), same.pop("memory")  # it differentiates all iterations
    assert kept[0] > kept[1]
    assert described == same


@pytest.mark.slow
def test_it_is_listed_with_its_meaning(command):
    (row,) = json.loads(command("choices", "routing", "--format", "json").stdout)
    assert row["values"] == ["rba", "sda", "em", "cosine"]
    assert row["meanings"]["cosine"].startswith("cosine agreement")


@pytest.mark.slow  # trains, exports and predicts in processes of their own
def test_it_is_searched_exported_and_predicts(command, study, folder):
    front = json.loads(command("front", study, "--format", "json").stdout)
    assert front["members"]
    command("export", study, "--knee", "-o", "exported")
    about = json.loads((folder / "exported" / "network.json").read_text())
    assert about["architecture"]["routing"] == "cosine"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / "image.png")
    for engine in ("torch", "onnx"):
        predicted = command("predict", "exported", "image.png", "--engine", engine, "--format", "json")
        assert len(json.loads(predicted.stdout)) == 1


@pytest.mark.slow  # trains in processes of its own
def test_without_the_package_its_study_still_reads_and_its_export_names_what_is_missing(
    command, run_command, study, folder, tmp_path
):
    command("export", study, "--best", "acc", "-o", "left", "--no-onnx")
    assert run_command(folder, tmp_path, "front", study).stdout
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / "image.png")
    refused = run_command(folder, tmp_path, "predict", "left", "image.png", "--engine", "torch", code=2)
    *waits, error = refused.stderr.splitlines()
    assert "unknown routing 'cosine'" in error
    assert set(waits) <= {"loading the network"}  # where that takes over a second


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("no_such_module:X", "cannot be loaded: ModuleNotFoundError"),
        ("json:dumps", "is not of type Routing"),
    ],
)
def test_a_broken_plug_in_names_itself_and_its_package(tmp_path, monkeypatch, target, message):
    plug_in(monkeypatch, write_plugin(tmp_path, "bent-parts", {"paretocaps.routings": {"bent": target}}))
    with pytest.raises(ParetocapsError) as refused:
        parse_choices(Choices, {"routing": "bent"})
    assert f"routing 'bent' of the package 'bent-parts' {message}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_layer_that_is_missing_names_the_routing_and_its_package(parts_folder, monkeypatch):
    plug_in(monkeypatch, parts_folder)
    broken = replace(ROUTINGS.get("cosine"), layer="no_such_module:Layer")
    with pytest.raises(ParetocapsError) as refused:
        layer_class(broken)
    assert str(refused.value).startswith("routing 'cosine' of the package 'outside-parts' cannot be loaded: ")


def test_an_unknown_routing_has_the_nearest_name():
    with pytest.raises(UsageError, match="choice routing='sdaa' is not allowed: .* did you mean 'sda'"):
        parse_choices(Choices, {"routing": "sdaa"})
