from paretocaps.service.quota import UNLIMITED, Quota


def test_a_quota_has_no_limits_by_default():
    assert (UNLIMITED.trials, UNLIMITED.hours) == (None, None)
    assert Quota() == UNLIMITED != Quota(trials=1)
