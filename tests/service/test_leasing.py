from paretocaps.domain.study_spec import StudySpec
from paretocaps.execution.lease import is_free
from paretocaps.service.leasing import device_leased


def test_a_device_is_held_beside_others_that_share_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path))
    assert is_free("cpu", exclusive=True)
    with device_leased(StudySpec(dataset="digits"), "cpu", print):
        assert not is_free("cpu", exclusive=True)
        assert is_free("cpu", exclusive=False)
    assert is_free("cpu", exclusive=True)
