"""The lines after `confirm`: what was trained, why it ended, and who joined or left the front."""

from paretocaps.cli.confirm_view import show_confirmed
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.report.front import Front
from paretocaps.service import ConfirmSummary


def front(*trials):
    members = [
        FrontMember(n, {"size": n}, {"acc": 0.9 - n / 100, "params": 90 - n}, probability=0.75)
        for n in trials
    ]
    return Front("s", parse_objectives("acc,params"), (0.8, 100.0), 1.0, tuple(members))


def test_it_names_who_joined_and_who_left(capsys):
    show_confirmed(ConfirmSummary(front(1, 2), front(2, 3, 4), 5, 61.0, "that is all", "x.db"))
    out, err = capsys.readouterr()
    assert "study s: 5 further seeds trained; further seeds took 1:01 in all\nthat is all\n" in err
    assert "on the front since: trials 3, 4\n" in err
    assert "no longer on the front: trial 1\n" in err
    assert "75 %" in out
