import pytest

from paretocaps import open_study, service
from paretocaps.errors import StorageError, UnknownNameError, UsageError


def test_a_new_study_s_space_has_its_size_and_designs():
    view = service.space(name="papers", settings=["decoder=none"])
    assert view.size.points == 7 * 22 * 2 * 4
    assert view.fix == {"decoder": "none"}
    assert "decoder" not in [row["choice"] for row in view.rows()]
    assert "ws" not in view.designs  # it has a decoder
    assert "baseline" in view.designs
    where = {row["choice"]: row["where"] for row in view.rows()}
    assert (where["cycle"], where["lr_policy"]) == ("lr_policy is warm_restarts", "")


def test_ranges_are_named():
    found = service.space().as_dict()
    assert found["points"] is None
    assert found["ranges"] == ["lr_max", "lr_floor", "weight_decay"]
    assert found["space"]["lr_max"]["log"] is True


def test_a_study_file_has_a_space_of_its_own(tmp_path):
    (tmp_path / "s.toml").write_text('[fix]\nweight_sharing = true\n[space]\ndecoder = ["full", "none"]\n')
    view = service.space(spec_file=str(tmp_path / "s.toml"))
    assert (view.size.points, dict(view.fix)) == (2, {"weight_sharing": True})


def test_a_stored_study_keeps_its_space(storage):
    view = service.space("s", storage)
    assert view.trainer == "probe"
    assert [one.name for one in view.space]
    with pytest.raises(UsageError, match="study 's' has its space"):
        service.space("s", storage, name="all")
    with pytest.raises(StorageError, match="no study 'x'"):
        service.space("x", storage)


def test_a_study_of_one_s_own_loop_shows_its_space(tmp_path):
    sampled = {"width": {"low": 8, "high": 64}, "kind": ["plain", "deep"], "depth": [1, 2]}
    with open_study(
        study="loop", storage=f"{tmp_path}/own.db", space=sampled, fix={"depth": 2}, objectives="acc,params"
    ) as study:
        study.tell(study.ask(), {"acc": 0.5, "params": 3})
    view = service.space("loop", f"{tmp_path}/own.db")
    assert [one.name for one in view.space] == ["width", "kind"]
    assert (dict(view.fix), view.size.points) == ({"depth": 2}, 114)


def test_what_is_not_there_is_refused():
    with pytest.raises(UnknownNameError, match="unknown space"):
        service.space(name="nope")
    with pytest.raises(UsageError, match="nope"):
        service.space(settings=["nope=1"])
