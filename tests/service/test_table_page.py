from paretocaps.domain.paper_file import PaperFile
from paretocaps.domain.paper_table import PaperTable, Pretraining
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer_functions import CheckedData
from paretocaps.search.observer import Observer
from paretocaps.service.paper_tables import NamedTable
from paretocaps.service.table_page import TableRun, write_table_page


def test_a_page_is_written_from_whatever_is_trained(storage, tmp_path):
    published = {"source": "a paper", "rows": {"slow": {"acc": 0.9}, "fast": {"acc": 0.99}}}
    study = {
        "study": "s",
        "objectives": ["acc", "time"],
        "trainer": "probe",
        "epochs": 2,
        "published": published,
    }
    table = PaperTable(paper="Points", title="Table 1", shows="points", note="Points are no images.")
    before = Pretraining(dataset="mnist", epochs=1)
    file = PaperFile("points.toml", study, {"quick": {}}, {"t": table}, {"quick": before})
    spec = StudySpec(**study, storage=storage, repeats=2)
    run = TableRun(
        NamedTable("t", table, file), "quick", spec, CheckedData(), (2, 4), "paretocaps reproduce t"
    )
    assert write_table_page(tmp_path / "t.html", run, Observer()) == ()
    text = (tmp_path / "t.html").read_text()
    for said in (
        "2 of 4 trainings are finished",
        "not trained: fast",
        "Points are no images.",
        "The backbone was trained here before, with a linear layer, for 1 epoch on the training images of",
    ):
        assert said in text
