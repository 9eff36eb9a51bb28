import pytest

from paretocaps.domain.paper_table import PaperTable
from paretocaps.domain.published import Published

PUBLISHED = Published.model_validate(
    {
        "source": "a paper",
        "rows": {
            "a": {"acc": 0.99, "params": 8e6},
            "b": {"acc": 0.98, "baselines": ["a"], "against": "a"},
            "c": {"params": 5, "baselines": ["a"]},
        },
    }
)
TABLE = {"paper": "Towers", "title": "Table 1", "shows": "towers"}


def test_a_table_without_rows_has_all_of_them():
    found = PaperTable.model_validate(TABLE).of(PUBLISHED)
    assert found == PUBLISHED


def test_rows_keep_only_what_the_table_has():
    found = PaperTable.model_validate({**TABLE, "rows": ["a", "b"], "figures": ["acc"]}).of(PUBLISHED)
    assert [(row.name, dict(row.figures), row.baselines, row.against) for row in found.rows] == [
        ("a", {"acc": 0.99}, (), ""),
        ("b", {"acc": 0.98}, ("a",), "a"),
    ]
    alone = PaperTable.model_validate({**TABLE, "rows": ["c"], "figures": ["acc"]}).of(PUBLISHED)
    assert (alone.rows[0].baselines, dict(alone.rows[0].figures)) == ((), {})


def test_unknown_rows_and_figures_are_named():
    for given, said in (({"rows": ["d"]}, "row 'd'"), ({"figures": ["time"]}, "figure 'time'")):
        with pytest.raises(ValueError, match=said):
            PaperTable.model_validate({**TABLE, **given}).of(PUBLISHED)
