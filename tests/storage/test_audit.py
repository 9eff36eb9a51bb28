from paretocaps.storage.audit import Audited


def test_entries_come_back_newest_first(store):
    for number, outcome in enumerate((202, 403, 202)):
        reason = "needs the role admin" if outcome == 403 else None
        store.audit(Audited("ann", "run", "POST", f"/api/v1/studies/{number}", "127.0.0.1", outcome, reason))
    found = store.audited(2)
    assert [(one.target, one.outcome, one.reason) for one in found] == [
        ("/api/v1/studies/2", 202, None),
        ("/api/v1/studies/1", 403, "needs the role admin"),
    ]
    assert all(one.at is not None and one.at.tzinfo for one in found)


def test_the_latest_entries_are_kept(store):
    for number in range(5):
        store.audit(Audited("ann", "run", "POST", f"/{number}", "127.0.0.1", 202), most=2)
    assert [one.target for one in store.audited()] == ["/4", "/3"]
