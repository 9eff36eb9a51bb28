import re
from dataclasses import replace

import pytest

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.history_step import HistoryStep
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.own_loop import NAME
from paretocaps.domain.published import Published
from paretocaps.domain.requirement import Requirement, parse_requirements
from paretocaps.domain.tuning import DEFAULT
from paretocaps.errors import UsageError
from paretocaps.report.apart_section import Unfinished
from paretocaps.report.figures import placeholder
from paretocaps.report.line_styles import STYLES
from paretocaps.report.page import write_figures, write_report
from paretocaps.report.policies import PolicyCurve

EPOCHS = {0: [EpochRecord(epoch=1, acc=0.9, seconds=1.0, time=1.0, wall=2.0)]}


def written(path, *args, **kwargs):
    """Return a page without plotly.js, which is the last script in it."""
    text = write_report(path, *args, **kwargs).read_text(encoding="utf-8")
    return text[text.index("</head>") : text.index('<script id="plotly"')]


def test_the_page_says_what_the_front_is_and_shows_it(tmp_path, front, trials):
    body = written(
        tmp_path / "demo.html",
        replace(front, requirements=parse_requirements(["acc>=0.9"])),
        trials=trials,
        settings={"sampler": "tpe", "repeats": 3, "fix": {"lr_max": 0.001, "augment": None}, "data": None},
        devices=["some CPU"],
        seeds=[0, 1, 2],
        history=[HistoryStep(8, 7, 40.0, 0.5), HistoryStep(9, 8, 60.0, 0.75)],
        epochs=EPOCHS,
    )
    for expected in (
        "<h1>demo</h1>",
        "3 of 5 trials, which no other trial with acc&gt;=0.9 beats in all objectives.",
        "<dt>device</dt><dd>some CPU</dd>",
        "<dt>seeds</dt><dd>0, 1, 2</dd>",
        "<dt>bounds</dt><dd>acc&gt;=0.9</dd>",
        "<dt>reference point</dt><dd>acc 0.8775, time 132 s, params 9.04 M</dd>",
        "<dt>hypervolume</dt><dd>1.25e+07 (acc x time x params)</dd>",
        "<dt>sampler</dt><dd>tpe</dd>",
        "<dt>fix</dt><dd>lr_max=0.001 augment=-</dd>",
        "<dt>shared choices</dt><dd>lr_policy=fixed lr_max=0.001</dd>",
        "<h2>Recommended: trial ",
        '<button type="button" data-copy="paretocaps train demo --trial ',
        "trial 0 (baseline), first seed",
    ):
        assert expected in body
    assert body.count('<figure class="drawing">') == 9
    figures = "acc, time and params", "acc over time", "Hypervolume of the front over", "Accuracy by epoch"
    assert sorted(figures, key=body.index) == list(figures)


def test_levels_are_marked_and_the_knee_says_whom_it_is_level_with(tmp_path, front):
    levels = {1: (2,), 0: (), 2: (1,)}
    levelled = tuple(replace(member, level={"acc": levels[member.trial]}) for member in front)
    body = written(tmp_path / "x.html", replace(front, members=levelled, validation_images=144))
    assert body.count("≈ 0.9") == 2
    assert "≈: level with the best of its column, trial 1 in acc; no paired test" in body
    assert "144 validation images: one is 0.7 points of acc." in body


def test_intervals_are_explained_and_missing_ones_said(tmp_path, front):
    first, *others = front.members
    known = replace(first, estimates={"acc": Estimate(0.99, 1, None, 0.96, 0.995)})
    body = written(tmp_path / "x.html", replace(front, members=(known, *others)))
    assert "0.990 ±0.030" in body
    assert (
        "±: the larger half of the 95 % interval, over one seed&#39;s images (Wilson). acc of trial 2 has"
        in body
    )
    assert "predictions are kept. Bars in the figures show both halves." in body
    plain = written(tmp_path / "x.html", front)
    assert "acc of trials 1, 2 has no interval" in plain
    assert "Bars in the figures" not in plain


def test_no_text_names_a_folder_of_the_machine(tmp_path, front):
    settings = {
        "storage": f"sqlite:///{tmp_path}/x.db",
        "data": str(tmp_path / "images"),
        "a": {"b": ["/home/me/c"]},
    }
    remarks = {member.trial: [f"{tmp_path}/features could not be kept"] for member in front}
    body = written(tmp_path / "x.html", front, settings=settings, remarks=remarks)
    assert str(tmp_path) not in body
    assert "/home/me" not in body
    assert "<dt>storage</dt><dd>x.db</dd>" in body
    assert "<dt>data</dt><dd>images</dd>" in body
    assert "features could not be kept" in body


def test_tables_within_tables_of_the_settings_are_told_apart(tmp_path, front):
    body = written(tmp_path / "x.html", front, settings={"design": {"a": {"n": 1, "m": True}, "b": {"n": 2}}})
    assert "<dt>design</dt><dd>a (n=1 m=true) b (n=2)</dd>" in body


def test_flags_devices_and_remarks_are_on_the_page(tmp_path, front):
    flagged = replace(front.members[0], flags=("loaded",))
    shown = replace(front, members=(flagged, *front.members[1:]), scaled_to="one", devices=("one", "two"))
    remarks = {flagged.trial: ["steps took <1 to 9 s"], 0: []}
    shown = replace(shown, tunings={"one": {"net, 16 images": DEFAULT}, "two": {"net, 16 images": DEFAULT}})
    body = written(tmp_path / "demo.html", shown, devices=["one", "two"], remarks=remarks)
    assert (
        "<dt>device</dt><dd>one<br>two<br>"
        "times of 2 devices, scaled to seconds of one by their calibrations</dd>" in body
    )
    assert (
        f"<dt>tunings</dt><dd>one, net, 16 images: {DEFAULT}<br>two, net, 16 images: {DEFAULT}</dd>" in body
    )
    assert "Flags: loaded: something else disturbed" in body
    assert "shared:" not in body
    assert "<dt>trial 1</dt><dd>steps took &lt;1 to 9 s</dd>" in body[body.index("Remarks on") :]
    assert "<dt>trial 0</dt>" not in body


def test_without_a_member_the_page_says_so(tmp_path, front, trials):
    body = written(tmp_path / "demo.html", replace(front, members=(), reference_point=None), trials=trials)
    assert "Study &#39;demo&#39; has no trial on its front: train more trials." in body
    assert "hypervolume" not in body
    assert "Recommended" not in body
    assert "<dt>device</dt><dd>not recorded</dd>" in body
    assert "<dt>seeds</dt><dd>none</dd>" in body
    assert body.count('<figure class="drawing">') == 5


def test_what_only_python_trains_is_called_there(tmp_path, front, trials):
    page = written(tmp_path / "demo.html", replace(front, trainer="train_svm@1"), trials=trials)
    assert page.count('trainer=train_svm)">copy') == 1 + len(front)
    page = written(tmp_path / "demo.html", replace(front, trainer=NAME), trials=trials)
    assert "data-copy=" not in page
    assert "<summary>command" not in page


def test_where_all_failed_the_page_says_why(tmp_path, front):
    failed = Unfinished(FrontMember(3, {}, {}), "failed", "ValueError: no luck")
    body = written(tmp_path / "demo.html", replace(front, members=()), unfinished=[failed])
    assert "No trial has finished: 1 failed, the last, trial 3, with ValueError: no luck." in body
    assert "has none of 0 finished trials." in body


def test_where_no_choice_matters_the_page_says_so(tmp_path, front, trials):
    said = "No choice decided more than chance"
    assert said in written(tmp_path / "a.html", front, trials=trials, importance={"acc": {"lr_max": 0.0}})
    assert said not in written(tmp_path / "b.html", front, trials=trials)


def test_without_any_trial_there_are_no_figures(tmp_path, front):
    body = written(tmp_path / "demo.html", replace(front, members=()))
    assert "Figures" not in body


def test_whatever_comes_from_a_study_is_text_not_markup(tmp_path, front):
    bad = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    member = FrontMember(
        0, {bad: bad}, {"acc": 0.9, "time": 1.0, "params": 1.0}, design=bad, flags=("loaded",)
    )
    body = written(
        tmp_path / "x.html",
        replace(
            front,
            study=bad,
            members=(member,),
            devices=(bad, bad),
            device=bad,
            unreached={bad: 1},
            requirements=(Requirement(bad, ">=", 0.0),),
        ),
        trials=[replace(member, trial=1, choices={bad: bad, "family": bad, "blocks": 1})],
        settings={bad: bad, "fix": {bad: bad}},
        devices=[bad],
        epochs=EPOCHS,
        remarks={0: [bad]},
        further={0: {"trunk_params": 1.0}, 1: {"epoch_time": 1.0}},
        published=Published.model_validate(
            {"source": bad, "device": bad, "rows": {bad: {"acc": 0.9, "note": bad}}}
        ),
        policies=[PolicyCurve(0, bad, bad, 1, (Estimate(0.9, 1),), ((0.0, 1e-3),), (128,))],
    )
    assert "<script>alert" not in body
    assert "<img" not in body
    own = {"the table's CSV": 1, "page.js": 1}
    assert body.count("<script") == body.count('<figure class="drawing">') + len(own)


@pytest.mark.parametrize("password", ["secret", "se:cr@et"])
def test_passwords_stay_out_of_the_page(tmp_path, front, password):
    settings = {"storage": f"postgresql://me:{password}@host/db?password={password}"}
    body = written(tmp_path / "demo.html", front, settings=settings)
    assert password not in body
    assert "postgresql://me:***@host/db" in body


def test_figures_alone_make_a_page_too(tmp_path):
    path = write_figures(tmp_path / "plan.html", "A plan", [placeholder("one"), placeholder("two")])
    text = path.read_text(encoding="utf-8")
    assert text.count('<figure class="drawing">') == 2
    assert "<h1>A plan</h1>" in text


def test_a_place_that_cannot_be_written_is_refused(tmp_path, front):
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(tmp_path, front)


def test_a_study_of_several_depths_shows_them(tmp_path, front, trials):
    deep = [
        replace(member, choices={**member.choices, "family": "momentum_caps", "blocks": 1 + member.trial})
        for member in trials
    ]
    further = {member.trial: {"epoch_time": 2.0} for member in deep}
    body = written(tmp_path / "deep.html", front, trials=deep, further=further)
    assert "Seconds per epoch by depth" in body
    assert "s per epoch, per block" in body
    assert body.count('<figure class="drawing">') == 7
    assert "by depth" not in written(tmp_path / "flat.html", front, trials=trials, further=further)


def test_policies_have_a_section_in_the_colours_of_the_other_figures(tmp_path, front):
    acc = (Estimate(0.9, 2, 0.01, 0.8, 1.0),)
    policies = [PolicyCurve(n, f"d{n}", "", 2, acc, ((0.0, 1e-3),), (128,)) for n in (0, 7)]
    body = written(tmp_path / "x.html", front, epochs=EPOCHS, policies=policies)
    before, section = body.split("<h2>Policies</h2>")
    assert "with the 95 % interval of the" in section
    assert f"of more than {len(STYLES)}, so many evenly spaced ones" in section
    lines = [re.findall(r'"color":"(#\w+)","dash":"(\w+)"', text) for text in (before, section)]
    own, other = dict.fromkeys(lines[1])
    assert set(lines[0]) == {own} != {other}
    assert "Policies" not in written(tmp_path / "y.html", front, epochs=EPOCHS)


def test_depth_mixes_no_devices(tmp_path, front, trials):
    deep = [
        FrontMember(n, {"family": "capsnet", "blocks": n}, {"acc": 0.9, "time": 1.0, "memory": 5e6})
        for n in range(3)
    ]
    further = {trial: {"epoch_time": 1.0} for trial in range(3)}
    for record, shown in (
        (replace(front, devices=("one",)), {"memory", "seconds", "accuracy"}),
        (replace(front, devices=("one", "two")), {"accuracy"}),
        (replace(front, devices=("one", "two"), device="one"), {"memory", "seconds", "accuracy"}),
        (replace(front, devices=("one", "two"), scaled_to="one"), {"seconds", "accuracy"}),
    ):
        record = replace(record, members=())
        body = written(tmp_path / "page.html", record, trials=deep, further=further)
        titles = {
            "memory": "Memory by",
            "seconds": "Seconds per epoch by depth",
            "accuracy": "Validation accuracy by",
        }
        assert {name for name, text in titles.items() if text in body} == shown


def test_the_collapsed_corner_and_the_nearest_trials_are_apart(tmp_path, front):
    *members, last = front.members
    apart = replace(front, members=tuple(members), corner=(last,), below=0.9)
    body = written(tmp_path / "corner.html", apart)
    assert "<h2>Collapsed corner</h2>\n<p>1 trial apart: acc below 0.9." in body
    near = replace(front, members=(), nearest=(last,), requirements=parse_requirements("acc>=0.999"))
    body = written(tmp_path / "near.html", near, trials=members)
    assert "No trial keeps acc&gt;=0.999: these miss it by least." in body
    assert "misses acc&gt;=0.999 by" in body


def test_curves_are_drawn_by_cpu_time_where_it_is_an_objective(tmp_path, front):
    objectives = parse_objectives("acc,cpu_time")
    epochs = {
        trial: [record.model_copy(update={"cpu_seconds": 1.0}) for record in records]
        for trial, records in EPOCHS.items()
    }
    members = tuple(replace(m, values={**m.values, "cpu_time": m.values["time"]}) for m in front.members)
    by_cpu = replace(front, objectives=objectives, members=members, reference_point=None)
    assert "Accuracy by CPU time" in written(tmp_path / "x.html", by_cpu, epochs=epochs)
    assert "Accuracy by CPU time" not in written(tmp_path / "y.html", by_cpu, epochs=EPOCHS)
