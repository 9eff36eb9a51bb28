import re
from dataclasses import replace

import numpy as np
import pytest

from paretocaps.errors import UsageError
from paretocaps.evaluation.appraisal import Appraisal
from paretocaps.evaluation.classification import classification
from paretocaps.evaluation.mistakes import Mistake
from paretocaps.evaluation.perturbation import PerturbationGrid
from paretocaps.evaluation.reconstructions import Reconstruction
from paretocaps.evaluation.robustness import Robustness, TransformedAccuracy
from paretocaps.evaluation.scores import Scored
from paretocaps.report.evaluation_page import write_evaluation


@pytest.fixture
def appraisal():
    picture, numbers = np.zeros((8, 8, 1), dtype=np.uint8), np.random.default_rng(0)
    labels = numbers.integers(0, 3, 100)
    scored = Scored(numbers.random((100, 3)) + np.eye(3)[labels], labels)
    drawn = [Reconstruction(0, 1, answer, 0.5, picture, picture, picture) for answer in (1, 2)]
    return Appraisal(
        report=classification(scored, ["cat", "dog", "<emu>"]),
        confidence="the length of the class's capsule",
        members=(),
        robustness=Robustness(0.9, (TransformedAccuracy("rotation", 10, 0.8125),)),
        reconstructions=tuple(drawn),
        grids=(PerturbationGrid(2, 0, picture, np.zeros((16, 11, 8, 8, 1), dtype=np.uint8)),),
        no_pictures=None,
        remarks=(),
        mistakes=(Mistake(7, 2, 0, 0.93, 0.02, picture),),
    )


def written(path, *args, **kwargs):
    text = write_evaluation(path, *args, **kwargs).read_text(encoding="utf-8")
    return text[text.index("</head>") : text.index('<script id="plotly"')]


@pytest.mark.slow
def test_the_page_has_everything_and_needs_nothing(tmp_path, appraisal):
    body = written(tmp_path / "page.html", "net", appraisal, facts={"images": "100 <of> digits"})
    acc, report = appraisal.report.acc, appraisal.report
    for expected in (
        "<h1>net</h1>",
        f"<b>{acc:.2%}</b><span>accuracy, 95 % interval",
        f"<b>{report.auc:.4f}</b>",
        f"<b>{report.reliability.ece:.4f}</b>",
        "<b>81.25%</b><span>accuracy under 1 transforms",
        "<dd>100 &lt;of&gt; digits</dd>",
        "&lt;emu&gt;",
        "weighted mean",
        "into 15 bins",
        "The confidence here is the length of the class&#39;s capsule.",
        "Wrong predictions, the most confident first",
        "What each dimension of a pose does",
    ):
        assert expected in body
    assert body.count('<figure class="drawing">') == 4
    assert body.count("<img") == 1 + 2 + 3 + 17
    assert body.count('src="data:image/png;base64,') == body.count("src=")
    assert "Members" not in body
    softmax = written(tmp_path / "page.html", "net", replace(appraisal, confidence="the softmax"), facts={})
    shown = re.sub(r"<script.*?</script>", "", softmax, flags=re.DOTALL)
    assert "The confidence here is the softmax." in shown
    assert "length" not in shown


@pytest.mark.slow
def test_names_are_text_not_markup(tmp_path, appraisal):
    bad = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    report = classification(Scored(np.eye(3)[[0, 2]], np.array([0, 2])), [bad, bad, bad])
    hostile = replace(appraisal, report=report, members=(0.5,))
    body = written(tmp_path / "page.html", bad, hostile, facts={bad: bad}, members=[bad])
    body += written(tmp_path / "page.html", bad, replace(hostile, no_pictures=bad), facts={}, members=[bad])
    assert "<script>alert" not in body
    assert "<img src=x" not in body


def test_what_is_missing_is_said(tmp_path, appraisal):
    bare = replace(
        appraisal, robustness=None, reconstructions=(), grids=(), no_pictures="It has <no> decoder."
    )
    body = written(tmp_path / "page.html", "net", bare, facts={})
    assert "It has &lt;no&gt; decoder." in body
    assert body.count('<figure class="drawing">') == 3
    assert "transforms" not in body


@pytest.mark.slow
def test_members_of_an_ensemble_classes_without_images_and_no_wrong_answers_are_told(tmp_path, appraisal):
    report = classification(Scored(np.eye(3)[[0, 2]], np.array([0, 2])), ["cat", "dog", "emu"])
    right = appraisal.reconstructions[:1]
    several = replace(appraisal, members=(0.5, 0.6), report=report, reconstructions=right)
    body = written(tmp_path / "page.html", "both", several, facts={}, members=["one", "two"])
    assert "<h2>Members</h2>" in body
    assert body.index("0.5000") < body.index("0.6000") < body.index("<td>ensemble</td>")
    assert "The area is not defined for dog:" in body
    assert "<p>None.</p>" in body


def test_a_place_that_cannot_be_written_is_named(tmp_path, appraisal):
    with pytest.raises(UsageError, match="cannot be written"):
        write_evaluation(tmp_path, "net", appraisal, facts={})


@pytest.mark.slow
def test_the_heading_names_the_data_and_the_worst_mistakes_are_a_gallery(tmp_path, appraisal):
    body = written(tmp_path / "page.html", "net", appraisal, facts={}, data="digits")
    assert "<h1>net on digits</h1>" in body
    section = body[body.index("<h2>Worst mistakes</h2>") : body.index("<h2>Reconstructions</h2>")]
    assert 'alt="image 7: &lt;emu&gt;, classified as cat"' in section
    assert "<small>0.93</small>" in section
    assert "Worst mistakes" not in written(
        tmp_path / "none.html", "net", replace(appraisal, mistakes=()), facts={}
    )
