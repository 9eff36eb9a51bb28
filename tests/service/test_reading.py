import pytest

from paretocaps import service
from paretocaps.errors import StorageError, UsageError


def test_a_front_is_a_data_frame_with_decisions(storage):
    front = service.load_front("s", storage)
    frame = front.to_frame()
    assert list(frame["trial"]) == [member.trial for member in front]
    assert {"acc", "time", "params", "learning_rate"} <= set(frame.columns)
    assert front.knee() in front.members
    assert front.pick({"acc": 1}).values["acc"] == frame["acc"].max()
    assert (frame["seeds"] == 2).all()


def test_the_only_study_need_not_be_named(storage):
    assert service.load_front(storage=storage) == service.load_front("s", storage)


def test_another_view_and_a_requirement(storage):
    view = service.load_front("s", storage, objectives="acc,params")
    assert [objective.name for objective in view.objectives] == ["acc", "params"]
    best = max(member.values["acc"] for member in view)
    assert all(m.values["acc"] >= best for m in service.load_front("s", storage, require=[f"acc>={best}"]))


def test_every_trial_is_a_row(storage):
    frame = service.load_trials("s", storage)
    assert list(frame["trial"]) == list(range(6))
    assert set(frame["state"]) == {"finished"}
    assert frame["acc"].notna().all()


def test_the_report_is_one_page(storage, folder):
    path = service.write_report("s", storage)
    assert path.resolve() == folder / "reports" / "s.html"
    text = path.read_text()
    assert "<title>s: front</title>" in text
    assert 'src="http' not in text
    assert service.write_report("s", storage, output=str(folder / "x.html")).name == "x.html"


def test_what_is_not_there(storage, folder):
    with pytest.raises(StorageError, match="no study 't'"):
        service.load_front("t", storage)
    with pytest.raises(StorageError, match="there is no file"):
        service.load_front("s", "sqlite:///none.db")
    with pytest.raises(UsageError, match="did not measure 'memory'"):
        service.load_front("s", storage, objectives="acc,memory")
