"""The routing as everything but its layer sees it: quick to import."""

from paretocaps.domain.routings.routing import Routing

COSINE = Routing(
    name="cosine",
    description="cosine agreement: votes count by the cosine of their angle to the output capsule",
    layer="outside_parts.cosine:Cosine",
    gradient="all",
)
