"""Which names a request may call this service by, so that no foreign name can be turned to its address."""

from collections.abc import Collection
from ipaddress import ip_address

from paretocaps.web.guard.refusal import Refusal


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches what listens on `host`."""
    return host.lower() == "localhost" or _is_address(host, loopback=True)


def refuse_foreign(host: str | None, allowed: Collection[str]) -> None:
    """Refuse a request whose header Host names neither an IP address, localhost, nor one of `allowed`.

    A page of another name can be led to this machine's address (DNS rebinding), but not one of an address.

    Raises:
        Refusal: of status 421, or 400 where there is no such header.
    """
    if not host:
        raise Refusal(400, "the request has no header Host: name the service in it")
    name = name_of(host)
    if not (name == "localhost" or _is_address(name) or name in allowed):
        raise Refusal(
            421, f"{name!r} is not a name of this service: start it with --allow-host {name} if it is"
        )


def name_of(host: str) -> str:
    """Return a header Host without its port, an IPv6 address without its brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower().removesuffix(".")


def port_of(host: str) -> str:
    """Return the port of a header Host, or an empty string."""
    return host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""


def _is_address(name: str, *, loopback: bool = False) -> bool:
    try:
        found = ip_address(name)
    except ValueError:
        return False
    return found.is_loopback or not loopback
