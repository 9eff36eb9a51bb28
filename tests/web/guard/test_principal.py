import pytest

from paretocaps.web.guard.principal import ROLES, Principal


@pytest.mark.parametrize(
    ("role", "may"), [("read", {"read"}), ("run", {"read", "run"}), ("admin", {"read", "run", "admin"})]
)
def test_a_role_may_what_those_before_it_may(role, may):
    assert {other for other in ROLES if Principal("alice", role).may(other)} == may
