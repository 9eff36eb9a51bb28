from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.published import Published
from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.observer import Observer
from paretocaps.service.row_reports import kept_weights, report_figures, row_reports
from paretocaps.storage.store import Store


def test_rows_are_evaluated_by_the_weights_of_their_first_seed(trained):
    rows = {"there": {"acc": 0.9, "choices": {}}, "missing": {"acc": 0.9}}
    published = Published.model_validate({"source": "a paper", "rows": rows})
    with Store.open(trained, create=False) as store:
        trials = [FrontMember(0, {}, {})]
        spec = StudySpec.model_validate(store.study("s").spec)
        found = row_reports(store, spec, published, trials, 60, Observer())
    assert list(found) == ["there"]
    figures = report_figures(found)["there"]
    assert figures["images"] == 60
    assert sum(map(sum, figures["confusion"])) == 60


def test_every_row_keeps_its_weights():
    assert kept_weights(["a", "b"], 3) == {name: {"designs": [name], "size": 3} for name in "ab"}
    assert kept_weights(["a"], 1)["a"]["size"] == 2
