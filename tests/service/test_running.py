import pytest

import paretocaps
from paretocaps.errors import UsageError


@pytest.mark.slow
def test_from_python_a_spec_and_a_file_do_the_same(storage, folder):
    spec = paretocaps.StudySpec(
        study="p",
        storage=storage,
        trainer="probe",
        executor="inline",
        objectives=("acc", "time"),
        trials=2,
        epochs=1,
    )
    first = paretocaps.optimize(spec)
    assert (first.study, first.finished, first.storage) == ("p", 2, storage)
    (folder / "s.toml").write_text(f'study = "p"\nstorage = "{storage}"\nexecutor = "inline"\ntrials = 3\n')
    assert paretocaps.optimize({}, spec_file="s.toml").finished == 3
    assert paretocaps.optimize({}, spec_file="s.toml", more=2).finished == 5


def test_more_and_trials_contradict_each_other(storage):
    with pytest.raises(UsageError, match="trials=3 and more=2: give one of them"):
        paretocaps.optimize({"study": "s", "storage": storage, "trials": 3}, more=2)
