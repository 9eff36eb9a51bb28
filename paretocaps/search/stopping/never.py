"""The rule that stops nothing."""

from collections.abc import Sequence

from paretocaps.domain.objective import Objective
from paretocaps.search.stopping.curves import Curves, Training
from paretocaps.search.stopping.stopper import Stopper, Verdict


class Never(Stopper):
    """Trains every trial to its end, also those that another rule stopped."""

    description = "every training is trained to its end"

    @classmethod
    def why_not(cls, objectives: Sequence[Objective]) -> str:
        """Return nothing: it does not judge."""
        return ""

    def verdict(self, training: Training, curves: Curves) -> Verdict | None:
        """Decide nothing."""
        return None

    def promising(self, training: Training, curves: Curves) -> Verdict | None:
        """Let what another rule stopped go on."""
        return Verdict(True, "nothing is stopped early from here on")
