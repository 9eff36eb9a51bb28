"""How a front's hypervolume is said."""

from paretocaps.domain.front_record import FrontRecord


def hypervolume_text(front: FrontRecord) -> str:
    """Return the hypervolume, a share where both corners are known; empty before the reference is fixed."""
    if front.reference_point is None:
        return ""
    share, published = front.hypervolume_share, front.published_share
    text = f"hypervolume {front.hypervolume:.6g}" if share is None else f"hypervolume {share:.4f}"
    return text if published is None else f"{text} (the published figures: {published:.4f})"
