"""The curves of a study's trainings, as far as they are known, in memory."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from paretocaps.domain.course import Course
from paretocaps.pareto.dominance import beats, nondominated
from paretocaps.search.stopping.seen import Point


@dataclass(frozen=True)
class Training:
    """A training that is asked about after an epoch.

    Attributes:
        trial: the number of its trial.
        course: its course.
        epoch, epochs: the epoch that it has finished, and the epochs of its plan.
        point: what it is worth by then.
    """

    trial: int
    course: Course
    epoch: int
    epochs: int
    point: Point


@dataclass
class Curves:
    """What the trainings of a study were worth after each epoch, and at their end; one of each trial.

    Attributes:
        finals: what the finished trials are worth, by number.
    """

    finals: dict[int, Point] = field(default_factory=dict)
    _points: dict[tuple[str | None, int], dict[int, Point]] = field(default_factory=lambda: defaultdict(dict))
    _left_out: frozenset[int] = frozenset()

    def note(self, training: Training) -> None:
        """Take in what a training is worth after an epoch, unless it is too early to compare it."""
        if training.epoch >= training.course.judged_from:
            for course in (training.course.name, None):
                self._points[course, training.epoch][training.trial] = training.point

    def finish(self, trial: int, point: Point) -> None:
        """Take in what a finished trial is worth."""
        self.finals[trial] = point

    def at(self, course: Course | None, epoch: int) -> Mapping[int, Point]:
        """Return what the trainings of a course, or of all courses, were worth after an epoch, by trial."""
        points = self._points.get((None if course is None else course.name, epoch), {})
        return without(points, self._left_out) if self._left_out else points

    def without(self, trials: Collection[int]) -> "Curves":
        """Return the curves of all other trials, as long as none is added."""
        return Curves(without(self.finals, trials), self._points, frozenset(trials))

    def front(self) -> dict[int, Point]:
        """Return the finished trials that no other one beats."""
        numbers = sorted(self.finals)
        if not numbers:
            return {}
        best = nondominated(np.array([self.finals[number] for number in numbers]))
        return {numbers[row]: self.finals[numbers[row]] for row in best}


def beaten_by(point: Point, others: Mapping[int, Point]) -> list[int]:
    """Return the trials, by number, that are at least as good as `point` everywhere and better somewhere."""
    if not others:
        return []
    matrix = np.array(list(others.values()))
    numbers = np.array(list(others))
    return sorted(numbers[beats(matrix, np.array(point))].tolist())


def without(points: Mapping[int, Point], trials: Collection[int]) -> dict[int, Point]:
    """Return the points of all other trials than `trials`."""
    return {number: point for number, point in points.items() if number not in trials}
