"""The estimate of a quantity from measurements."""

from collections.abc import Sequence

from paretocaps.domain.estimate import Estimate, over_seeds
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.objective import images_of, is_signed
from paretocaps.domain.quantities.quantities import value_of


def estimate_of(trainings: Sequence[Measurement], quantity: str) -> Estimate:
    """Return the estimate of a quantity over the trainings of the same choices, one per seed.

    Raises:
        UsageError: a parameter of the quantity is not allowed.
    """
    share = images_of(quantity)
    images = trainings[0].images(share) if trainings else None
    values = [value_of(one, quantity) for one in trainings]
    return over_seeds(values, share=bool(share), images=images, signed=is_signed(quantity))
