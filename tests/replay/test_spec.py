import paretocaps
from paretocaps.domain.trainer import TRAINERS
from paretocaps.replay.spec import REPLAY
from paretocaps.replay.table import read


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
    )
    front = paretocaps.optimize(spec).front
    assert {member.trial for member in front} <= {0, 1, 2}
    trials = paretocaps.load_trials("played", storage=spec.storage)
    assert sorted(trials["design"]) == ["baseline", "exponential", "one_cycle"]


def test_exact_quantities_are_told_without_training_as_they_were_measured():
    table = read("digits")
    forecast = REPLAY.forecaster(REPLAY.check_data(table.card.data), 5, 1)
    for name, choices in list(table.designs.items())[:12]:
        measured = table.measurement(choices, 0)
        assert forecast(choices).exact == {"params": measured.params, "macs": measured.macs}, name
