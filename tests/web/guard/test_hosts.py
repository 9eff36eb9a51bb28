import pytest

from paretocaps.web.guard.hosts import is_loopback, name_of, port_of, refuse_foreign
from paretocaps.web.guard.refusal import Refusal

OURS = frozenset({"caps.example.org"})


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8000",
        "LOCALHOST",
        "127.0.0.1",
        "192.0.2.1:80",
        "[::1]:8000",
        "[::1]",
        "Caps.Example.org.:443",
    ],
)
def test_addresses_localhost_and_its_own_names_are_let_in(host):
    refuse_foreign(host, OURS)


@pytest.mark.parametrize(
    "host", ["evil.example", "caps.example.org.evil.example", "localhost.evil", "1.2.3", "[x]"]
)
def test_other_names_are_not(host):
    with pytest.raises(Refusal, match="is not a name of this service: start it with --allow-host") as raised:
        refuse_foreign(host, OURS)
    assert raised.value.status_code == 421


@pytest.mark.parametrize("host", [None, ""])
def test_a_request_without_a_name_is_refused(host):
    with pytest.raises(Refusal) as raised:
        refuse_foreign(host, OURS)
    assert raised.value.status_code == 400


@pytest.mark.parametrize(
    ("host", "name", "port"),
    [("a.b:80", "a.b", "80"), ("a.b", "a.b", ""), ("[::1]:8000", "::1", "8000"), ("[::1]", "::1", "")],
)
def test_a_host_has_a_name_and_perhaps_a_port(host, name, port):
    assert (name_of(host), port_of(host)) == (name, port)


@pytest.mark.parametrize(
    ("host", "only_here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
    ],
)
def test_loopback_is_reached_from_this_machine_only(host, only_here):
    assert is_loopback(host) == only_here
