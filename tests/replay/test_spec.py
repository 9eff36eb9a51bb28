import paretocaps
from paretocaps.domain.trainer import TRAINERS
from paretocaps.replay.spec import REPLAY


def test_it_is_a_trainer_by_name():
    assert TRAINERS.get("replay") is REPLAY


def test_a_study_plays_recorded_designs(tmp_path):
    spec = paretocaps.StudySpec(
        study="played",
        trainer="replay",
        trials=3,
        repeats=3,
        designs=("baseline", "exponential", "one_cycle"),
        storage=f"sqlite:///{tmp_path}/s.db",
        executor="inline",
        share_device=True,
    )
    front = paretocaps.optimize(spec).front
    assert {member.trial for member in front} <= {0, 1, 2}
    trials = paretocaps.load_trials("played", storage=spec.storage)
    assert sorted(trials["design"]) == ["baseline", "exponential", "one_cycle"]
