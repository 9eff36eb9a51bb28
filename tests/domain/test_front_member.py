from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_member import LOADED, FrontMember


def test_a_member_without_estimates_has_its_values_without_intervals():
    member = FrontMember(1, {}, {"acc": 0.8})
    assert member.estimate("acc") == Estimate(0.8, 1)
    assert member.estimate("time") == Estimate(None, 1)


def test_a_value_that_not_every_seed_has_is_missing_and_their_number_known():
    estimates = {"acc": Estimate(0.9, 3, 0.01, 0.87, 0.93), "time_to(acc=0.95)": Estimate(None, 2)}
    flat = FrontMember(1, {}, {"acc": 0.9}, seeds=3, estimates=estimates).flat_values
    assert (flat["acc"], flat["acc_low"]) == (0.9, 0.87)
    assert (flat["time_to(acc=0.95)"], flat["time_to(acc=0.95)_n"]) == (None, 2)


def test_flags_and_designs_are_read():
    member = FrontMember(1, {}, {}, "ws (family=lenet5)", flags=(LOADED,))
    assert (member.loaded, member.designs) == (True, ("ws",))
    assert (FrontMember(1, {}, {}).loaded, FrontMember(1, {}, {}).designs) == (False, ())


def test_a_member_is_a_short_text():
    values = {"acc": 0.98765, "time": 12.0, "wall": 30.0, "params": 1429984.0}
    assert repr(FrontMember(3, {}, values, "wab")) == "<trial 3 (wab): acc 0.9877, time 12, params 1.43e+06>"
