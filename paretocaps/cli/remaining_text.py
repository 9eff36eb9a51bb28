"""What remains of a study, in words."""

from paretocaps.domain.duration import clock_text
from paretocaps.domain.remaining import Remaining
from paretocaps.domain.wording import counted


def remaining_parts(remaining: Remaining) -> list[str]:
    """Return phrases on what remains: trials with their training time, the budget, the hypervolume."""
    parts = [f"{counted(remaining.trials, 'trial')} left"]
    if remaining.seconds is not None and remaining.trials:
        parts[0] += f" (about {clock_text(remaining.seconds)} of training)"
    if remaining.budget is not None:
        parts.append(f"{clock_text(remaining.budget)} of the budget left")
    if remaining.hypervolume is not None:
        ahead = remaining.expected is not None and remaining.trials > 0
        expected = f", about {remaining.expected:.4f} expected at the end" if ahead else ""
        parts.append(f"hypervolume {remaining.hypervolume:.4f}{expected}")
    return parts
