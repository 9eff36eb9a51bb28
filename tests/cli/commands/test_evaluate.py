import json

import pytest

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training.weights import save_weights


@pytest.fixture
def weights(run, tmp_path):
    """Return two weights files of untrained networks for the digits, in the working directory."""
    shape = architecture(Choices(primary_capsules=4), 8, 8, 1, 10)
    for seed in range(2):
        save_weights(tmp_path / f"{seed}.pt", build_network(shape, seed))
    return ["0.pt", "1.pt"]


DIGITS = ("--dataset", "digits", "--limit", 40, "--device", "cpu")


def test_answers_are_on_stdout_and_talk_on_stderr(run, weights):
    result = run("evaluate", weights[0], *DIGITS, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["images"] == 40
    assert len(found["robust"]["transforms"]) == 26
    assert "scoring 40 images" in result.stderr
    assert "accuracy under shear" in result.stderr


def test_several_are_an_ensemble(run, weights):
    result = run("evaluate", *weights, *DIGITS, "--no-robust", "--format", "json")
    found = json.loads(result.stdout)
    assert [one["name"] for one in found["members"]] == weights
    assert found["robust"] is None


@pytest.mark.slow
def test_a_page_is_written_where_it_is_asked_for(run, weights, tmp_path):
    result = run("evaluate", weights[0], *DIGITS, "--no-robust", "--grid", 3, "-o", "page.html")
    assert result.exit_code == 0, result.stderr
    assert "written to page.html" in result.stderr
    body = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert body.partition('class="grids"')[2].count("<figure>") == 1
    assert "accuracy" in result.stdout
    plain = run("evaluate", weights[0], *DIGITS, "--no-robust")
    assert "give --output page.html" in plain.stderr
    refused = run("evaluate", weights[0], *DIGITS, "--grid", 3)
    assert (refused.exit_code, "--grid draws on a page: give --output" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no network named"),
        (("0.pt", "--knee"), "exports are named and a trial is picked"),
        (("0.pt", "--dataset", "digits", "--output", "."), "is not a file name"),
        (("0.pt", "--dataset", "digits", "--part", "train"), "unknown part 'train'"),
        (("gone.pt", "--dataset", "digits"), "no such network: 'gone.pt'"),
        (("0.pt",), "give --dataset NAME or --data PATH"),
    ],
)
def test_wrong_use_is_told_in_one_line(run, weights, arguments, message):
    result = run("evaluate", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.slow
def test_a_trial_without_weights_is_named(run, towers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t").mkdir()  # such as the folder of its images
    for study in (("--study", "t"), ("t",)):
        result = run("evaluate", *study, "--trial", 0, "--storage", towers)
        assert result.exit_code == 2
        assert "trial 0 of study 't' has no weights" in result.stderr
