import pytest

from paretocaps.web.guard.left_sessions import LeftSessions
from paretocaps.web.guard.sessions import SECONDS, begin


@pytest.fixture
def file(tmp_path):
    return tmp_path / "signed-out"


def test_a_session_that_was_left_is_known_and_after_a_restart_too(file, tokens):
    left, value, other = LeftSessions(file), begin(tokens[0]), begin(tokens[0])
    assert value != other, "each session is one of its own"
    left.add(value)
    for one in (left, LeftSessions(file)):
        assert value in one
        assert other not in one
    assert value not in file.read_text()


def test_services_that_share_a_folder_know_what_each_of_them_noted(file, tokens):
    services, values = (LeftSessions(file), LeftSessions(file)), (begin(tokens[0]), begin(tokens[0]))
    for service, value in zip(services, values, strict=True):
        service.add(value)
    for service in (*services, LeftSessions(file)):
        assert all(value in service for value in values)


def test_it_is_forgotten_once_it_would_have_ended(file, tokens):
    left = LeftSessions(file)
    left.add(begin(tokens[0], 1000), 1000)
    left.add(begin(tokens[1], 5000), 1001 + SECONDS)
    assert file.read_text().count("\n") == 1


@pytest.mark.parametrize("value", ["", "rita", "rita.x.y.z", "rita.\u0661.x", f"rita.{'9' * 5000}.x"])
def test_what_tells_no_end_is_not_kept(file, value):
    LeftSessions(file).add(value)
    assert not file.exists()


def test_a_file_that_cannot_be_read_stops_no_service(file):
    file.write_bytes(b"\xff nothing\n")
    assert "rita.1.x" not in LeftSessions(file)


def test_without_a_file_it_is_known_until_the_end_of_the_process(tokens):
    left, value = LeftSessions(), begin(tokens[0])
    left.add(value)
    assert value in left
    assert 7 not in left
