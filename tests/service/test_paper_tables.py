import pytest

from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.execution import devices
from paretocaps.search.checked_study import check_study
from paretocaps.search.planned_trials import planned_trials
from paretocaps.service.paper_tables import nominal_data, paper_table, paper_tables, scale_seconds, table_rows

TABLES = paper_tables()
CASES = [pytest.param(one, scale, id=f"{one.name}-{scale}") for one in TABLES for scale in one.scales]
HOURS = {"quick": 0.25, "cpu": 2.0}
"""What a scale may cost at most on two cores, by the rough guess and with the training of its backbone."""


def test_names_are_told_apart_and_say_the_paper():
    names = [one.name for one in TABLES]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize(("one", "scale"), CASES)
def test_every_scale_is_a_study_whose_trials_are_the_rows(one, scale):
    spec = resolve_spec(one.options(scale))
    checked = check_study(spec)
    assert planned_trials(checked)
    assert f"-{scale}" in spec.study or scale == "paper"
    assert not spec.reject
    if scale == "cpu":
        assert len(spec.seeds) >= 3


@pytest.mark.parametrize(("one", "scale"), [case for case in CASES if "paper" not in case.id])
def test_a_scale_takes_no_longer_than_it_says(one, scale):
    seconds = scale_seconds(one, scale)
    assert seconds is not None
    assert seconds / 3600 <= HOURS[scale]


def test_a_seed_of_ones_own_is_a_study_of_its_own():
    table = paper_table("fastrcaps-table1")
    assert table.options("cpu")["study"] == "fastrcaps-mnist-cpu"
    assert table.options("cpu", 0)["study"] == "fastrcaps-mnist-cpu"
    other = table.options("cpu", 7)
    assert (other["study"], other["seed"]) == ("fastrcaps-mnist-cpu-seed7", 7)


def test_the_list_needs_no_device(monkeypatch):
    monkeypatch.setattr(devices, "cuda_count", lambda: 1)
    assert scale_seconds(paper_table("hybrids"), "quick") is not None


def test_what_cannot_be_made_says_why():
    with pytest.raises(UsageError, match="fastrcaps-fig2 cannot be made here: a diagram"):
        paper_table("fastrcaps-fig2").options("quick")
    with pytest.raises(UnknownNameError, match="did you mean 'fastrcaps-table1'"):
        paper_table("fastrcaps-tabel1")


def test_pairs_are_larger_images_with_more_labels():
    single, pairs = (nominal_data(StudySpec(dataset="mnist", pairs=two)).reading for two in (False, True))
    assert (single["shape"], len(single["classes"])) == ([1, 28, 28], 10)
    assert (pairs["shape"], len(pairs["classes"]), pairs["pairs"]) == ([1, 36, 36], 45, True)
    assert single["train_images"] == pairs["train_images"] == 54_000


OWN = """
study = "mine"
dataset = "mnist"
epochs = 1
[design.mine]
lr_max = 0.01
[published]
source = "mine"
[published.rows]
baseline = { acc = 0.9 }
mine = { acc = 0.9 }
[table.one]
paper = "Mine"
title = "1"
shows = "rows"
rows = ["baseline", "mine"]
fix = { weight_sharing = true }
[table.two]
paper = "Mine"
title = "2"
shows = "rows"
fix = { standardise = true }
"""


def test_rows_are_designs_of_the_file_or_the_trainer_and_each_fix_has_a_study(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    one, two = (paper_table(name, str(path)).options("paper") for name in ("one", "two"))
    assert one["designs"] == ["baseline", "mine"]
    assert one["study"] != two["study"]
    assert resolve_spec(one).study == one["study"]


def test_a_backbone_that_no_study_names_is_refused_in_a_line(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        OWN + '[scale.quick]\nepochs = 1\n[scale.quick.pretrain]\ndataset = "mnist"\nepochs = 1\n'
    )
    with pytest.raises(UsageError, match=r"a backbone is trained first, but .*: add fix = \{ backbone = "):
        table_rows(str(path))
