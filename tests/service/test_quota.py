from paretocaps.service.quota import UNLIMITED, Quota


def test_a_quota_has_no_limits_by_default():
    assert Quota() == UNLIMITED == Quota(trials=None, hours=None)
