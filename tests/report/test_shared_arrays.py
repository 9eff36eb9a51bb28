import json

import numpy as np

from paretocaps.report.figures import front_figures
from paretocaps.report.html import write_page
from paretocaps.report.plotted import plotted
from paretocaps.report.shared_arrays import SharedArrays


def test_an_array_of_two_figures_is_kept_once():
    arrays, values = SharedArrays(), np.linspace(0, 1, 500)
    one, two = (arrays.taken_out({"x": own, "name": "a"}) for own in (values, values.copy()))
    assert one == two == {"x": {"shared": 0}, "name": "a"}
    assert json.loads(arrays.texts[0]) == values.tolist()
    assert arrays.taken_out([{"values": [7] * 2000}]) == [{"values": {"shared": 1}}]


def test_short_arrays_and_other_values_stay_where_they_are():
    arrays = SharedArrays()
    drawn = {"x": [1, 2], "line": {"color": "red"}, "y": {"dtype": "f8", "bdata": "AAAA"}, "text": "a" * 9000}
    assert arrays.taken_out(drawn) == drawn
    assert arrays.texts == ()


def test_no_text_ends_the_script_that_holds_an_array():
    arrays = SharedArrays()
    arrays.taken_out({"customdata": np.array([["</script>"]] * 300, dtype=object)})
    assert "<" not in arrays.texts[0]
    assert json.loads(arrays.texts[0])[0] == ["</script>"]


def test_a_page_has_the_trials_of_all_figures_once(tmp_path, front, trials):
    many = [trials[3].__class__(n, {}, trials[3].values) for n in range(100, 400)]
    figures = front_figures(front, many)
    page = write_page(tmp_path / "p.html", "figures", "p", standalone=False, figures=figures.values())
    text = page.read_text(encoding="utf-8")
    assert text.count('"399"') == 1
    arrays = SharedArrays()
    shown = [json.loads(plotted(figure, "x", arrays).payload)["data"] for figure in figures.values()]
    assert len(arrays.texts) == text.count('id="array-') < len(figures) * 3
    others = [one for data in shown for one in data if one.get("name", "").startswith("other")]
    assert {one["customdata"]["shared"] for one in others} == {0}
