import pytest
from plotly.offline import get_plotlyjs

from paretocaps.report.plotly_script import plotly_script


def test_the_function_that_holds_all_of_plotly_stands_in_parentheses():
    text, ours = get_plotlyjs(), plotly_script()
    assert "this, (() => {" in ours[:1000]
    assert ours.replace("this, (() => {", "this, () => {", 1) == f"{text.removesuffix(';')});"


@pytest.mark.parametrize("text", ["", "(function(){})();", "f(this, () => {", "f(this, () => {1}));\nmore()"])
def test_a_script_of_another_form_stays_as_it_is(monkeypatch, text):
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: text)
    assert plotly_script() == text


def test_a_short_script_is_changed_nowhere_else(monkeypatch):
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: "(f(this, () => {\nreturn 1\n}));\n")
    assert plotly_script() == "(f(this, (() => {\nreturn 1\n})));\n"
