import json
import math

import pytest

from paretocaps.domain.claim import Claim, Difference
from paretocaps.domain.estimate import Estimate
from paretocaps.domain.judged import Judged
from paretocaps.domain.paper_table import PaperTable
from paretocaps.report.measured_beside_published import Beside
from paretocaps.report.paper_page import PaperRun, asked, claim_line, counted_verdicts, write_paper_page

RUN = PaperRun(
    name="towers-1",
    table=PaperTable(paper="Towers", title="Table 1", shows="the towers"),
    scale="quick",
    study="towers-quick",
    file="towers.toml",
    command="paretocaps reproduce towers-1",
    data="MNIST: trained on 500 of 60,000 training images",
    devices=("a processor",),
    seeds=(0, 1),
    trained=(3, 4),
    scaled_down=("500 training images instead of 60,000",),
    not_comparable=("Accuracies may not be compared.",),
)
LINES = [Beside("wab", {"acc": 0.9945}, "", 3, {"test_acc": Estimate(0.95, 2, 0.01, 0.86, 1.0)}, 2)]


def claim(objective="time", direction="less", **others):
    return Claim(
        text="wab is <faster>", row="wab", than="base", objective=objective, direction=direction, **others
    )


def judged(verdict="holds", found=None, **others):
    own = {name: others.pop(name) for name in ("why", "never") if name in others}
    return Judged(claim(**others), verdict, found, **own)


def test_a_line_has_the_difference_its_interval_and_the_seeds():
    found = Difference(-3.0, -4.0, -2.0, 3)
    assert claim_line(judged(found=found)) == (
        "time of wab beside base: -3.00 s (95 % interval -4.00 s to -2.00 s, 3 seeds);"
        " it holds if less than 0"
    )
    share = Difference(-0.586, -0.7, math.inf, 2, relative=True)
    assert claim_line(judged(found=share, relative=True, never=1)) == (
        "time of wab beside base: -58.6 % (95 % interval -70.0 % to no end, 2 seeds);"
        " 1 training never reached it and counts with all its epochs; it holds if less than 0"
    )
    exact = Difference(-0.18, -0.18, -0.18, 1, relative=True)
    assert claim_line(judged(found=exact, objective="params", relative=True)) == (
        "params of wab beside base: -18.0 % (the same for every seed); it holds if less than 0"
    )
    assert (
        claim_line(judged("open", why="wab is not trained")) == "time of wab beside base: wab is not trained"
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "less than 0"),
        ({"by": 0.586, "relative": True}, "less by 58.6 % or more"),
        ({"objective": "acc", "direction": "level", "by": 0.002}, "within ±0.0020"),
        ({"objective": "acc", "direction": "not less", "by": 0.002}, "not less by more than 0.0020"),
        ({"objective": "acc", "direction": "not less"}, "not less than 0"),
    ],
)
def test_what_an_interval_is_held_to_is_said(options, text):
    assert asked(judged(**options)) == text


def test_verdicts_are_counted_in_words():
    assert counted_verdicts([judged(), judged("open"), judged("open")]) == "1 holds, 2 are open"
    assert counted_verdicts([judged("does not hold"), judged(), judged()]) == "2 hold, 1 does not hold"


def test_the_page_and_the_json_beside_it_say_the_same(tmp_path):
    open_end = Difference(-3.0, -4.0, math.inf, 3)
    claims = [judged(found=Difference(-3.0, -4.0, -2.0, 3)), judged("open", open_end)]
    page = write_paper_page(tmp_path / "t.html", RUN, None, claims, LINES)
    text = page.read_text()
    for said in (
        "Towers, Table 1",
        "3 of 4 trainings",
        "1 holds, 1 is open",
        "wab is &lt;faster&gt;",
        *RUN.scaled_down,
    ):
        assert said in text
    figures = json.loads((tmp_path / "t.json").read_text())
    assert figures["rows"][0]["published"] == {"acc": 0.9945}
    assert figures["rows"][0]["measured"]["test_acc"] == {
        "value": 0.95,
        "low": 0.86,
        "high": 1.0,
        "sd": 0.01,
        "n": 2,
    }
    assert figures["claims"][0]["difference"] == {"value": -3.0, "low": -4.0, "high": -2.0, "n": 3}
    assert figures["claims"][1]["difference"]["high"] is None
    assert (figures["scale"], figures["seeds"], figures["trainings"]) == (
        "quick",
        [0, 1],
        {"finished": 3, "all": 4},
    )
