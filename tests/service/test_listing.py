import pytest

from paretocaps import service
from paretocaps.search.samplers import SAMPLERS
from paretocaps.testing.plugin import plug_in, write_plugin


@pytest.mark.slow
def test_studies_are_listed_with_their_trials(storage):
    row = service.studies(storage)[0]
    assert (row["study"], row["objectives"], row["finished"], row["failed"]) == ("s", "acc,time", 6, 0)


def test_what_can_be_named_is_listed():
    assert "capsnet" in [row["trainer"] for row in service.trainers()]
    assert {"acc", "time", "params"} <= {row["objective"] for row in service.objectives()}
    samplers = [row["sampler"] for row in service.samplers()]
    assert samplers == list(SAMPLERS)
    assert {"tpe", "nsga2", "nsga3", "gp", "random", "qmc", "grid"} <= set(samplers)
    assert {"digits", "mnist", "fashion-mnist"} <= {row["dataset"] for row in service.datasets()}
    for rows in (service.trainers(), service.objectives(), service.samplers(), service.datasets()):
        assert all(row["description"] for row in rows)


@pytest.mark.slow
def test_a_broken_plug_in_is_listed_with_its_reason(tmp_path, monkeypatch):
    broken = {"paretocaps.trainers": {"odd": "no_such:X"}, "paretocaps.families": {"toy": "no_such:Y"}}
    plug_in(monkeypatch, write_plugin(tmp_path, "odd-parts", broken))
    rows = {row["trainer"]: row["description"] for row in service.trainers()}
    assert rows["odd"].startswith("trainer 'odd' of the package 'odd-parts' cannot be loaded: ")
    assert "capsnet" in rows
    found = [
        row["result"] for row in service.doctor(f"sqlite:///{tmp_path}/x.db") if row["check"] == "plug-in"
    ]
    assert [line.split(" of ")[0] for line in found] == ["trainer 'odd'", "family 'toy'"]


def test_broken_parts_break_no_listing_and_the_doctor_names_each(tmp_path, monkeypatch):
    groups = ("objectives", "quantities", "samplers", "datasets", "executors", "loggers", "stoppers")
    broken = {f"paretocaps.{group}": {"odd": "no_such:X"} for group in groups}
    plug_in(monkeypatch, write_plugin(tmp_path, "odd-parts", broken))
    listings = (
        (service.objectives(), "objective"),
        (service.samplers(), "sampler"),
        (service.datasets(), "dataset"),
    )
    for rows, name in listings:
        (why,) = [row["description"] for row in rows if row[name] == "odd"]
        assert "of the package 'odd-parts' cannot be loaded" in why
        assert len(rows) > 5
    told = [
        row["result"] for row in service.doctor(f"sqlite:///{tmp_path}/x.db") if row["check"] == "plug-in"
    ]
    assert len(told) == len(groups)


def test_a_damaged_database_fails_the_check_and_none_yet_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def stored():
        return next(row for row in service.doctor() if row["check"] == "storage")

    assert stored()["ok"]
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "paretocaps.db").write_bytes(b"no database" * 1000)
    assert not stored()["ok"]


def test_what_is_built_in_stays_listed_where_a_package_takes_its_name(tmp_path, monkeypatch):
    taken = {"paretocaps.datasets": {"mnist": "no_such:X"}, "paretocaps.samplers": {"tpe": "no_such:X"}}
    plug_in(monkeypatch, write_plugin(tmp_path, "odd-parts", taken))
    for rows, key, name in ((service.datasets(), "dataset", "mnist"), (service.samplers(), "sampler", "tpe")):
        own, ignored = [row["description"] for row in rows if row[key] == name]
        assert "is ignored" not in own
        assert "is ignored: the name belongs to" in ignored
