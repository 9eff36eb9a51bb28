import pytest

from paretocaps.domain.paper_file import read_paper_file
from paretocaps.domain.study_file import read_study_file
from paretocaps.errors import UsageError

STUDY = """
study = "towers"
dataset = "mnist"
epochs = 30
[fix]
lr_max = 0.001
routing_gradient = "all"
[space]
blocks = [1, 2]
[published]
source = "a paper"
[published.rows]
a = { acc = 0.99, params = 8e6 }
b = { acc = 0.98, baselines = ["a"] }
[scale.quick]
epochs = 2
limit_train = 100
fix = { lr_max = 0.01 }
[table.t1]
paper = "Towers"
title = "Table 1"
shows = "two towers"
"""
CLAIM = '{ text = "b is less", row = "b", than = "a", objective = "acc", direction = "less" }'


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "towers.toml"
        path.write_text(text)
        return path

    return write


def test_a_scale_is_a_study_of_its_own_name(written):
    file = read_paper_file(written(STUDY))
    quick, paper = file.at("quick"), file.at("paper")
    assert (quick["study"], quick["epochs"], quick["limit_train"]) == ("towers-quick", 2, 100)
    assert quick["fix"] == {"lr_max": 0.01, "routing_gradient": "all"}
    assert quick["space"] == {"blocks": [1, 2]}
    assert paper == dict(file.study)
    assert (paper["study"], paper["epochs"]) == ("towers", 30)


def test_a_study_file_is_the_same_study_with_tables_and_without(written):
    plain = read_study_file(written(STUDY.partition("[scale.quick]")[0]))
    assert read_study_file(written(STUDY)) == plain


def test_a_table_has_its_rows_and_figures(written):
    asked = STUDY + 'rows = ["b"]\nfigures = ["acc"]\n'
    file = read_paper_file(written(asked))
    from paretocaps.domain.published import Published

    (row,) = file.tables["t1"].of(Published.model_validate(file.study["published"])).rows
    assert (row.name, dict(row.figures), row.baselines) == ("b", {"acc": 0.98}, ())


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ('rows = ["c"]', "table.t1: row 'c' is not in [published.rows]: add it"),
        ('figures = ["accuracy"]', "table.t1: figure 'accuracy' is in no published row"),
        ('row = ["a"]', "unknown option 'table.t1.row': did you mean 'rows'?"),
        ('charts = ["curve"]', "table.t1.charts.0='curve' is not allowed"),
        (f'rows = ["a"]\nclaims = [{CLAIM}]', "names 'b', which is no row of the table"),
        (f"claims = [{CLAIM.replace('acc', 'speed')}]", "unknown objective 'speed'"),
        (f"claims = [{CLAIM.replace(' row', ' line')}]", "unknown option 'table.t1.claims.0.line'"),
        ("[table.t2]\npaper = 'P'\nshows = 'x'", "table.t2.title is missing: add it"),
        ("[scale.large]\nepochs = 3", "there is no scale 'large': declare quick or cpu"),
        ("[scale.cpu]\nepoch = 3", "scale.cpu cannot change 'epoch': did you mean 'epochs'?"),
        ('[scale.cpu]\nstorage = "x"', "scale.cpu cannot change 'storage'"),
        ('[scale.cpu.pretrain]\ndataset = "mnist"', "scale.cpu.pretrain.epochs is missing: add it"),
        ("[scale.cpu]\nepochs = 0", "scale.cpu: epochs=0 is not allowed"),
        ("[scale]\ncpu = 3", "scale has to be tables by name"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_file(written, added, said):
    text = STUDY.replace("[scale.quick]", "[scale.quick]") + added
    if added.startswith("[scale]"):
        text = STUDY.replace("[scale.quick]\nepochs = 2\nlimit_train = 100\nfix = { lr_max = 0.01 }", added)
    with pytest.raises(UsageError) as error:
        read_paper_file(written(text))
    assert said in str(error.value)
    assert "towers.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_tables_need_published_figures(written):
    start, _, rest = STUDY.partition("[published]")
    with pytest.raises(UsageError, match="has tables but no .published. figures"):
        read_paper_file(written(start + rest[rest.index("[scale.quick]") :]))


def test_a_scale_may_share_the_study_of_another_file(written):
    shared = STUDY.replace("[scale.quick]", '[scale.quick]\nstudy = "castles-quick"')
    assert read_paper_file(written(shared)).at("quick")["study"] == "castles-quick"


def test_a_scale_may_train_a_backbone_before(written):
    before = '[scale.quick.pretrain]\ndataset = "tiny-imagenet"\nepochs = 2\n'
    file = read_paper_file(written(STUDY.replace("[table.t1]", f"{before}[table.t1]")))
    assert (file.pretraining["quick"].dataset, file.pretraining["quick"].epochs) == ("tiny-imagenet", 2)
    assert "pretrain" not in file.at("quick")


def test_tables_have_a_study_with_a_name(written):
    with pytest.raises(UsageError, match='has tables or scales but no name: add study = "NAME"'):
        read_paper_file(written(STUDY.replace('study = "towers"', "")))
