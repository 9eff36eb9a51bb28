"""From where a request comes: its peer, or what a proxy that is trusted says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from paretocaps.errors import UsageError

Network = IPv4Network | IPv6Network
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


@dataclass(frozen=True)
class Caller:
    """From where a request comes.

    Attributes:
        address: the IP address of who sent it.
        scheme: by what it was sent, "http" or "https".
        forwarded: whether a proxy passed it on, be it one that is trusted or not.
    """

    address: str
    scheme: str
    forwarded: bool

    @property
    def key(self) -> str:
        """What its rate is counted by: the address, of IPv6 the network of 64 bits that one sender has."""
        network = _network(f"{self.address}/64") if ":" in self.address else None
        return str(network or self.address)


def proxies_of(given: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks that `given` names, such as 127.0.0.1 or 10.0.0.0/8.

    Raises:
        UsageError: one of them is no address.
    """
    for one in given:
        if _network(one) is None:
            raise UsageError(f"--proxy {one}: give an IP address or network, such as 127.0.0.1 or 10.0.0.0/8")
    return tuple(network for one in given if (network := _network(one)))


def caller(scope: Scope, proxies: Sequence[Network]) -> Caller:
    """Return from where a request comes.

    What headers say of it counts where the peer is one of `proxies`: the last address that is none of them,
    and the scheme. Whatever others say in those headers only tells that there is a proxy.
    """
    headers = Headers(scope=scope)
    peer = scope["client"][0] if scope.get("client") else ""
    forwarded = any(name in headers for name in _FORWARDED)
    if not _is_one_of(peer, proxies):
        return Caller(peer, scope["scheme"], forwarded)
    scheme = headers.get("x-forwarded-proto", "").strip().lower()
    return Caller(
        _sender(peer, headers, proxies), scheme if scheme in ("http", "https") else scope["scheme"], True
    )


def _sender(peer: str, headers: Headers, proxies: Sequence[Network]) -> str:
    """Return the last address of the chain that is no proxy's; nothing before other text counts."""
    found = peer
    for one in reversed(",".join(headers.getlist("x-forwarded-for")).split(",")):
        if _network(one.strip()) is None:
            break
        found = one.strip()
        if not _is_one_of(found, proxies):
            break
    return found


def _is_one_of(address: str, networks: Sequence[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def _network(given: str) -> Network | None:
    try:
        return ip_network(given, strict=False)
    except ValueError:
        return None
