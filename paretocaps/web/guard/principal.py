"""Who sends a request."""

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["read", "run", "admin"]
"""What somebody may do: look; also submit, pause and take models; everything."""
ROLES: tuple[Role, ...] = get_args(Role)

PRINCIPAL = "paretocaps.principal"
"""The key of an ASGI scope under which its `Principal` is."""


@dataclass(frozen=True)
class Principal:
    """Who sends a request: the name and the role of its token, its quotas and its highest priority.

    Attributes:
        name: the token's name.
        role: what it may do.
        max_trials: the most trials of its submissions together, each with all its replicates; None for any.
        max_hours: the most hours that its submissions may run together; None for any number.
        max_priority: the highest priority of its submissions; None for 100 of an admin, and 0 of others.
    """

    name: str
    role: Role
    max_trials: int | None = None
    max_hours: float | None = None
    max_priority: int | None = None

    @property
    def highest_priority(self) -> int:
        """The highest priority that its submissions may have."""
        if self.max_priority is not None:
            return self.max_priority
        return 100 if self.may("admin") else 0

    def may(self, role: Role) -> bool:
        """Return whether its role is `role` or one that may more."""
        return ROLES.index(self.role) >= ROLES.index(role)


LOOPBACK = Principal("this machine", "read")  # no token can have that name
"""Who comes from this machine without a token, where reading needs none."""
