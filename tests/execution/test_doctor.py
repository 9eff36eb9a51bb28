import pytest

from paretocaps.execution.doctor import check_machine


@pytest.mark.slow
def test_this_machine_can_train():
    rows = {row["check"]: row for row in check_machine()}
    assert all(set(row) == {"check", "result", "ok"} for row in rows.values())
    assert all(row["ok"] for row in rows.values())
    assert ", torch 2." in rows["training device"]["result"]
    assert rows["tuning"]["result"].startswith("products: ")


def test_a_package_that_is_missing_is_a_failed_check(monkeypatch):
    from paretocaps.execution import doctor

    monkeypatch.setattr(doctor, "_PACKAGES", ("no-such-package",))
    monkeypatch.setattr(doctor, "_ASK", "raise SystemExit('torch is broken')")
    rows = {row["check"]: row for row in check_machine()}
    assert rows["no-such-package"]["ok"] is False
    assert (rows["training device"]["ok"], rows["training device"]["result"]) == (False, "torch is broken")


def test_an_error_for_users_is_shown_as_such(monkeypatch):
    from paretocaps.execution import doctor

    monkeypatch.setattr(doctor, "_PACKAGES", ())
    monkeypatch.setattr(
        doctor, "_ASK", "from paretocaps.errors import UsageError; raise UsageError('no file')"
    )
    rows = {row["check"]: row for row in check_machine()}
    assert (rows["training device"]["ok"], rows["training device"]["result"]) == (False, "no file")


@pytest.mark.parametrize(
    ("counted", "told"), [(True, "counts waiting threads and"), (False, "does not count")]
)
def test_what_the_clock_is_told_is_shown(monkeypatch, counted, told):
    from paretocaps.execution import doctor

    monkeypatch.setattr(doctor, "read_counters", lambda: object() if counted else None)
    monkeypatch.setattr(doctor, "_PACKAGES", ())
    monkeypatch.setattr(doctor, "_ASK", "print('{}')")
    rows = {row["check"]: row for row in check_machine()}
    assert told in rows["clock"]["result"]
    assert rows["clock"]["ok"]
