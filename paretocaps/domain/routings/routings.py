"""The routings by name; packages add theirs through the entry-point group `paretocaps.routings`."""

from paretocaps.domain.routings.routing import Routing
from paretocaps.registry import Registry

BASELINE = "rba"
"""The routing of the papers' baseline."""

ROUTINGS: Registry[Routing] = Registry(
    "routing",
    {
        "rba": "paretocaps.domain.routings.rba:RBA",
        "sda": "paretocaps.domain.routings.sda:SDA",
        "em": "paretocaps.domain.routings.em:EM",
    },
    group="paretocaps.routings",
    of=Routing,
    check="paretocaps.domain.routings.routing:check_routing",
)
