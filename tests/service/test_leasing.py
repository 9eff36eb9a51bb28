from contextlib import contextmanager

from paretocaps.domain.study_spec import StudySpec
from paretocaps.execution.lease import is_free
from paretocaps.service.leasing import device_leased


def test_a_device_is_held_beside_others_that_share_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path))
    assert is_free("cpu", exclusive=True)
    steps = []
    with device_leased(StudySpec(dataset="digits"), "cpu", "a step", print, lambda *step: steps.append(step)):
        assert steps == [("a step", 0, 0)]
        assert not is_free("cpu", exclusive=True)
        assert is_free("cpu", exclusive=False)
    assert is_free("cpu", exclusive=True)


def test_what_is_waited_for_is_told_as_a_step_until_it_is_there(monkeypatch):
    @contextmanager
    def leased(job, tell):
        tell("waits for cpu: process 7 trains", 0, 0)
        yield

    monkeypatch.setattr("paretocaps.execution.lease.leased", leased)
    steps, notices = [], []
    with device_leased(StudySpec(), "cpu", "a step", notices.append, lambda what, *_: steps.append(what)):
        pass
    assert steps == ["waits for cpu: process 7 trains", "a step"]
    assert notices == steps[:1]
