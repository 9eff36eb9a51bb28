import pytest

from paretocaps.errors import StorageError
from paretocaps.report.line_styles import styles_of
from paretocaps.web.pages import study_page
from paretocaps.web.pages.kept import Kept
from paretocaps.web.pages.study_page import read_front, read_study


def test_a_study_is_told_as_its_database_has_it(store):
    part = read_study(store, "demo", Kept())
    seconds = [one.measurement.time for trial in store.trials("demo") for one in trial.attempts]
    assert (part.state, part.ended, part.trials["finished"]) == ("complete", 5, 5)
    assert part.spec.trials == 5
    assert part.seconds >= sum(seconds) > 0.0
    assert part.current.trainings == ()
    assert "published" not in part.settings
    with pytest.raises(StorageError, match="nobody"):
        read_study(store, "nobody", Kept())


def test_a_front_has_the_recommended_member_and_the_looks_of_all(store):
    part = read_front(store, "demo")
    members = [member.trial for member in part.front]
    assert part.chosen.trial in members
    assert sorted(styles_of(part.front)) == sorted(members)
    assert [row.trial for row in part.section.rows] == members
    assert (part.count, part.missing, part.refused) == (5, "", "")


def test_the_recommended_member_is_in_a_table_that_is_cut(store, monkeypatch):
    monkeypatch.setattr(study_page, "ROWS", 0)
    part = read_front(store, "demo")
    assert [row.trial for row in part.section.rows] == [part.chosen.trial]
