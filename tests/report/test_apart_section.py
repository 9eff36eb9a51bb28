from dataclasses import replace

from paretocaps.report.apart_section import Unfinished, apart_tables


def test_each_state_has_its_table_with_values_and_reasons(front, trials):
    found = apart_tables(
        [
            Unfinished(replace(trials[2], values={}), "rejected", "would break params<=5e6"),
            Unfinished(trials[3], "stopped", "beaten after epoch 2"),
        ],
        front,
    )
    assert [(one.state, one.count) for one in found] == [("stopped", 1), ("rejected", 1)]
    assert found[0].table.headings[:4] == ("trial", "acc ↑", "time ↓", "params ↓")
    assert found[1].table.headings == ("trial", "beside the baseline", "reason")
    assert found[1].table.rows[0][-1] == "would break params<=5e6"


def test_of_very_many_the_first_are_listed(front, trials):
    (table,) = apart_tables([Unfinished(trials[0], "failed")] * 300, front)
    assert (table.count, len(table.table.rows)) == (300, 200)
    assert table.table.rows[0][-1] == "-"
