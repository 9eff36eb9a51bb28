"""Who has the next turn: the queue's order, as a pure function of its submissions."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paretocaps.storage.submissions import Submission

_NEVER = datetime.min.replace(tzinfo=UTC)


def in_order(submissions: "Iterable[Submission]") -> "list[Submission]":
    """Return the queued ones of `submissions` in the order in which they get their turns.

    The highest priority comes first. Of the same priority, the owner comes first who has the fewest that
    run or come before, and of these the one whose latest turn ended longest ago; of an owner, the submission
    whose latest turn ended longest ago. So owners take turns, and so do the studies of each.
    """
    known = list(submissions)
    waiting = [one for one in known if one.state == "queued"]
    busy = Counter(one.owner for one in known if one.state == "running")
    served: dict[str, datetime] = {}
    for one in known:
        served[one.owner] = max(served.get(one.owner, _NEVER), one.served or _NEVER)
    order = []
    while waiting:
        first = min(
            waiting,
            key=lambda one: (
                -one.priority,
                busy[one.owner],
                served[one.owner],
                one.served or _NEVER,
                one.id,
            ),
        )
        waiting.remove(first)
        busy[first.owner] += 1
        order.append(first)
    return order
