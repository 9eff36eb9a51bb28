from dataclasses import replace

from paretocaps.domain.published import Published
from paretocaps.report.page import write_report
from paretocaps.report.published_section import published_section

PUBLISHED = Published.model_validate(
    {
        "source": "a <paper>, Table I",
        "device": "two GTX 1080 Ti",
        "rows": {
            "baseline": {"acc": 0.9937, "best_epoch": 29},
            "wab": {"acc": 0.9945, "note": "3 in the text"},
        },
    }
)


def section(front, trials, devices=("some CPU",)):
    with_epoch = [replace(one, values={**one.values, "best_epoch": 2.0}) for one in trials]
    return published_section(PUBLISHED, front, with_epoch, devices, [0, 1, 2])


def test_it_says_whose_figures_they_are(front, trials):
    found = section(front, trials)
    assert found.facts["published"] == "a <paper>, Table I\ndevice: two GTX 1080 Ti"
    assert found.facts["measured"].startswith("device: some CPU\nseeds: 0, 1, 2\nthe epoch is the best")
    assert found.table.groups == (("published, not measured here", 3), ("measured here", 4))
    assert found.notes == {"wab": "3 in the text"}


def test_baselines_and_seconds_have_tables_of_their_own(tmp_path, front, trials):
    rows = {
        "baseline": {"acc": 0.9937, "epochs_to_baseline": 29},
        "adabatch": {"epochs_to_baseline": 5, "baselines": ["baseline"], "against": "baseline"},
    }
    published = Published.model_validate({"source": "a paper", "rows": rows})
    found = published_section(published, front, trials, ("some CPU",), [0])
    assert "epochs to baseline" not in found.table.headings
    assert found.baselines is not None
    assert found.baselines.rows[1][:5] == ("adabatch", "baseline", "5", "82.8 %", "1")
    assert found.speeds is not None
    assert found.speeds.rows[0][:2] == ("adabatch", "baseline")
    mixed = published_section(published, replace(front, devices=("a", "b")), trials, ("a", "b"), [0])
    assert mixed.speeds is None
    assert mixed.baselines is not None
    assert "time" not in mixed.baselines.headings
    page = write_report(tmp_path / "x.html", front, trials=trials, published=published)
    text = page.read_text(encoding="utf-8")
    assert "<h3>To the accuracy of the baseline</h3>" in text
    assert "<h3>Seconds against another row</h3>" in text
    assert section(front, trials).baselines is section(front, trials).speeds is None


def test_trials_with_doubtful_times_are_named(front, trials):
    loaded = [replace(one, flags=("loaded",)) if one.trial in (0, 3) else one for one in trials]
    line = section(front, loaded).facts["measured"].splitlines()[-1]
    assert line.startswith("loaded: something else disturbed the device")
    assert line.endswith("(trial 0)")  # no row is about trial 3
    assert "loaded" not in section(front, trials).facts["measured"]


def test_trials_that_were_trained_otherwise_than_the_row_of_their_name_are_told(front, trials):
    rows = tuple(row.model_copy(update={"trials": ()}) for row in PUBLISHED.rows)
    changed = [replace(trials[0], design="baseline (primary_capsules=2)"), *trials[1:]]
    found = published_section(PUBLISHED.model_copy(update={"rows": rows}), front, changed, ("some CPU",), [0])
    line = found.facts["measured"].splitlines()[-1]
    assert line.startswith("trained otherwise than the rows of these names: trial 0 is baseline (primary_c")
    assert "trained otherwise" not in section(front, trials).facts["measured"]


def test_flops_and_deviations_are_explained_where_the_paper_prints_them(front, trials):
    rows = {"baseline": {"training_flops": 12.9e9, "acc_deviation": 0.01}}
    published = Published.model_validate({"source": "a paper", "rows": rows})
    facts = published_section(published, front, trials, ("some CPU",), [0]).facts
    assert "training flops are the paper's: forward multiply-adds per image x 3" in facts["measured"]
    assert "sd: the standard deviation of the accuracy" in facts["measured"]
    assert "training flops" not in section(front, trials).facts["measured"]


def test_devices_are_not_mixed(front, trials):
    mixed = replace(front, devices=("a", "b"))
    found = section(mixed, trials, ("a", "b"))
    assert found.mixed
    assert "time" not in found.table.headings
    for one in (replace(mixed, device="a"), replace(mixed, scaled_to="a")):
        assert not section(one, trials).mixed
        assert "time" in section(one, trials).table.headings


def test_the_page_has_it_apart_from_tables_and_figures(tmp_path, front, trials):
    def body(mixed=False, **more):
        record = replace(front, devices=("a", "b")) if mixed else front
        text = write_report(tmp_path / "x.html", record, trials=trials, **more).read_text(encoding="utf-8")
        return text[text.index("</head>") : text.index('<script id="plotly"')]

    plain, told = body(), body(published=PUBLISHED)
    assert "Published and measured" not in plain
    before, after = told.split("<h2>Published and measured</h2>")
    assert "0.9937" in after
    assert "0.9937" not in before
    assert "0.9945" not in before
    assert "a &lt;paper&gt;, Table I<br>device: two GTX 1080 Ti" in after
    assert '<th class="group" colspan="3">measured here</th>' in after
    assert after.count("not trained") == 1
    assert "<dt>wab</dt><dd>3 in the text</dd>" in after
    assert "of several devices" not in after
    assert "on several devices, do not compare, and are left out" in body(mixed=True, published=PUBLISHED)


def test_how_much_was_trained_is_said_beside_what_was_published(tmp_path, front, trials):
    settings = {"epochs": 1, "limit_train": 500, "repeats": 1, "more_repeats": 0}
    settings |= {"fix": {"primary_capsules": 4, "blocks": 1}, "file_fix": {"blocks": 1}}
    path = write_report(
        tmp_path / "x.html", front, trials=trials, published=PUBLISHED, settings=settings, seeds=[0, 7]
    )
    said = "<br>trained: 1 epoch, 500 training images, 2 trainings per trial<br>"
    fixed = "fixed, unlike in the study file: primary_capsules=4<br>"
    assert said + fixed in path.read_text(encoding="utf-8")
    assert "file_fix" not in path.read_text(encoding="utf-8")
    assert "trained:" not in section(front, trials).facts["measured"]
