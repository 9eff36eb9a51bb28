"""What stands beside a recommendation that has no reasons to give."""

from paretocaps.cli.recommend_view import write_recommendation
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.report.front import Front
from paretocaps.service import Recommendation


def test_a_single_member_of_several_seeds(capsys):
    member = FrontMember(3, {"size": 2}, {"acc": 0.9, "params": 90}, probability=0.75)
    front = Front("s", parse_objectives("acc,params"), (0.8, 100.0), 1.0, (member,))
    write_recommendation(Recommendation(front, member, "it is the only member"), "table", "x.db")
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "trial 3: acc 0.9000, params 90"
    assert "sure: no other trial beats it in 75 % of the resamples" in out
    assert "paretocaps train s --trial 3 --storage x.db" in err


def test_how_sure_one_seed_is_has_a_remedy(capsys):
    member = FrontMember(3, {"size": 2}, {"acc": 0.9, "params": 90})
    front = Front("s", parse_objectives("acc,params"), (0.8, 100.0), 1.0, (member,))
    write_recommendation(Recommendation(front, member, "it is the only member"), "table", "x.db")
    told = "sure: not known from one seed: `paretocaps confirm s --storage x.db` trains more"
    assert told in capsys.readouterr().out


def test_what_only_python_trains_has_no_command_as_a_remedy(capsys):
    member = FrontMember(3, {"size": 2}, {"acc": 0.9, "params": 90})
    front = Front("s", parse_objectives("acc,params"), (0.8, 100.0), 1.0, (member,), trainer="train_svm@1")
    write_recommendation(Recommendation(front, member, "it is the only member"), "table", "x.db")
    out, err = capsys.readouterr()
    assert "sure: not known from one seed\n" in out
    assert "paretocaps.train('s', trial=3, trainer=train_svm, storage='x.db')" in err


def test_sentences_are_wrapped_between_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    member = FrontMember(3, {"size": 2}, {"acc": 0.9, "params": 90})
    front = Front("s", parse_objectives("acc,params"), (0.8, 100.0), 1.0, (member,))
    why = "the best compromise: any gain in acc or params costs more in the others"
    write_recommendation(Recommendation(front, member, why), "table", "x.db")
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 40
    assert f"why: {why}" in " ".join(out.split())
