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


def test_each_group_of_columns_says_whose_figures_it_has(front, trials):
    html = section(front, trials)
    assert "a &lt;paper&gt;, Table I<br>device: two GTX 1080 Ti" in html
    assert "device: some CPU<br>seeds: 0, 1, 2" in html
    assert "<th class='group' colspan='3'>published, not measured here</th>" in html
    assert "<th class='group' colspan='5'>measured here</th>" in html
    assert html.count("not trained") == 1
    assert "<dt>wab</dt><dd>3 in the text</dd>" in html
    assert html.count("parted") == 3  # where the measured columns begin


def test_devices_are_not_mixed(front, trials):
    mixed = replace(front, devices=("a", "b"))
    html = section(mixed, trials, ("a", "b"))
    assert ">time</th>" not in html
    assert "of several devices, and left out" in html
    assert ">time</th>" in section(replace(mixed, device="a"), trials)
    assert ">time</th>" in section(replace(mixed, scaled_to="a"), trials)


def test_the_page_has_it_apart_from_tables_and_figures(tmp_path, front, trials):
    def body(**more):
        text = write_report(tmp_path / "x.html", front, trials=trials, **more).read_text(encoding="utf-8")
        return text[text.index("</head>") :]

    plain, told = body(), body(published=PUBLISHED)
    assert "Published and measured" not in plain
    before, after = told.split("<h2>Published and measured</h2>")
    assert "0.9937" in after
    assert "0.9937" not in before
    assert "0.9945" not in before


def test_how_much_was_trained_is_said_beside_what_was_published(tmp_path, front, trials):
    settings = {"epochs": 1, "limit_train": 500, "repeats": 2}
    path = write_report(tmp_path / "x.html", front, trials=trials, published=PUBLISHED, settings=settings)
    said = "<br>trained: 1 epoch, 500 training images, 2 trainings a trial<br>"
    assert said in path.read_text(encoding="utf-8")
    assert "trained:" not in section(front, trials)
