import pytest

from paretocaps.errors import UsageError
from paretocaps.web.guard.caller import Caller, caller, proxies_of

PROXIES = proxies_of(["127.0.0.1", "10.0.0.0/8"])


def scope(peer, *headers):
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "scheme": "http", "client": peer and (peer, 1), "headers": raw}


FOR = "x-forwarded-for"


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", [(FOR, "203.0.113.9")], "192.0.2.1"),
        ("127.0.0.1", [(FOR, "203.0.113.9")], "203.0.113.9"),
        ("::ffff:127.0.0.1", [(FOR, "203.0.113.9")], "203.0.113.9"),
        ("127.0.0.1", [(FOR, "198.51.100.7, 203.0.113.9, 10.1.2.3")], "203.0.113.9"),
        ("127.0.0.1", [(FOR, "198.51.100.7"), (FOR, "203.0.113.9")], "203.0.113.9"),
        ("127.0.0.1", [(FOR, "203.0.113.9, <script>, 10.1.2.3")], "10.1.2.3"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [(FOR, "2001:db8::7")], "2001:db8::7"),
        (None, [(FOR, "203.0.113.9")], ""),
    ],
)
def test_the_address_is_the_last_that_no_proxy_has(peer, headers, address):
    assert caller(scope(peer, *headers), PROXIES).address == address


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [("127.0.0.1", "https", "https"), ("127.0.0.1", "gopher", "http"), ("192.0.2.1", "https", "http")],
)
def test_the_scheme_counts_where_a_proxy_tells_it(peer, proto, scheme):
    assert caller(scope(peer, ("x-forwarded-proto", proto)), PROXIES).scheme == scheme


@pytest.mark.parametrize("name", ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])
def test_each_header_of_a_proxy_tells_that_there_is_one(name):
    assert caller(scope("127.0.0.1", (name, "x")), ()).forwarded
    assert not caller(scope("127.0.0.1"), ()).forwarded


def test_one_sender_has_a_network_of_ipv6():
    assert Caller("2001:db8:1:2:3::4", "http", False).key == "2001:db8:1:2::/64"
    assert Caller("192.0.2.1", "http", False).key == "192.0.2.1"
    assert Caller("testclient", "http", False).key == "testclient"


def test_a_proxy_is_an_address_or_a_network():
    with pytest.raises(UsageError, match="--proxy nginx: give an IP address or network, such as 127.0.0.1"):
        proxies_of(["127.0.0.1", "nginx"])
