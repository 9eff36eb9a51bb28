"""The rule that stops nothing."""

from paretocaps.search.stopping.curves import Curves, Training
from paretocaps.search.stopping.stopper import Stopper, Verdict


class Never(Stopper):
    """Trains every trial to its end, also those that another rule stopped."""

    description = "every training is trained to its end"

    def verdict(self, training: Training, curves: Curves) -> Verdict | None:
        """Decide nothing."""
        return None

    def promising(self, training: Training, curves: Curves) -> Verdict | None:
        """Let what another rule stopped go on."""
        return Verdict(True, "nothing is stopped early from here on")
