"""A front consists of the trials that no other trial beats in every objective."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Self

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.collapse import COLLAPSED, corner_below
from paretocaps.domain.front_member import LOADED, FrontMember
from paretocaps.domain.objective import Objective
from paretocaps.domain.quantities.quantities import compares_trials
from paretocaps.domain.requirement import Requirement
from paretocaps.domain.tuning import Tunings

__all__ = ["LOADED", "FrontMember", "FrontRecord"]

_NAMED = 10
"""How many trials a note names."""


@dataclass(frozen=True)
class FrontRecord:
    """A front as it is ranked and stored.

    Attributes:
        study: name of the study.
        objectives: the objectives that it is ranked by, in order.
        reference_point: one value per objective, in its own unit and direction; None before the study has a
            finished trial.
        hypervolume: the volume between the front and the reference point, in the product of the units; 0
            before that is fixed. Trials of which every seed collapsed add nothing to it, members or not.
        members: the trials, best in the first objective first.
        scaled_to: the device in whose seconds all times are expressed; None if they are not scaled.
        device: the one device whose trials were ranked; None if none was chosen.
        devices: all devices on which trials of the study were measured.
        trainer: name of the study's trainer, whose defaults need not be shown.
        requirements: bounds that its trials keep.
        unreached: by objective, how many trials have no value of it and so are not ranked: they never reached
            the accuracy of `time_to` or `epochs_to`.
        unmeasured: by objective, the trials that are not ranked, because it was not measured for every seed.
        stopped: how many trials were stopped early, and so stand on no front.
        rejected: how many trials were rejected before they were trained.
        validation_images: the number of images that the members' accuracies are shares of; None if it was not
            recorded.
        tunings: the tunings that the study keeps, by device (`Device.machine`) and key.
        by_chance: trials whose means no other trial beats, but that are left out because members dominate
            them more probably than not: the probability that none does, by number.
        ideal_point: the best corner, one value per objective, as the reference point is the worst; None where
            it is not known.
        published: the hypervolume of the figures that a paper prints of the study, over the same reference
            point; None where no row has a figure for every objective.
        corner: the collapsed corner: trials that no other trial beats, but that are no answers, because they
            hardly learned; they are not among the members (see `answers`).
        below: the value of `quality` below which trials are in the corner; None where that holds only trials
            of which every seed collapsed.
        nearest: where no trial keeps the bounds, the members of the front without bounds that miss them by
            least, the nearest first; else empty.
        baseline: the baseline of the study, beside which its trials' choices are shown.
    """

    study: str
    objectives: tuple[Objective, ...]
    reference_point: tuple[float, ...] | None
    hypervolume: float
    members: tuple[FrontMember, ...]
    scaled_to: str | None = None
    device: str | None = field(default=None, compare=False)
    devices: tuple[str, ...] = field(default=(), compare=False)
    trainer: str = field(default="", compare=False)
    requirements: tuple[Requirement, ...] = field(default=(), compare=False)
    unreached: Mapping[str, int] = field(default_factory=dict, compare=False)
    unmeasured: Mapping[str, tuple[int, ...]] = field(default_factory=dict, compare=False)
    stopped: int = field(default=0, compare=False)
    rejected: int = field(default=0, compare=False)
    validation_images: int | None = field(default=None, compare=False)
    tunings: Mapping[str, Tunings] = field(default_factory=dict, compare=False)
    by_chance: Mapping[int, float] = field(default_factory=dict, compare=False)
    ideal_point: tuple[float, ...] | None = field(default=None, compare=False)
    published: float | None = field(default=None, compare=False)
    corner: tuple[FrontMember, ...] = field(default=(), compare=False)
    below: float | None = field(default=None, compare=False)
    nearest: tuple[FrontMember, ...] = field(default=(), compare=False)
    baseline: Baseline = field(default_factory=Baseline, compare=False)

    @property
    def quality(self) -> Objective | None:
        """The first objective that is a share of images, which tells the corner; None for none."""
        return next((o for o in self.objectives if o.images and o.direction == "maximize"), None)

    def answers(self) -> Self:
        """Return the front with its collapsed corner apart from its members.

        Where a bound keeps the quality from falling too low, the user has said what is an answer, and only
        members of which every seed collapsed are set apart.
        """
        quality, below = self.quality, None
        gone = {member.trial for member in self.members if COLLAPSED in member.flags}
        if quality is not None and not any(bound.keeps_the_best([quality]) for bound in self.requirements):
            values = {m.trial: m.values[quality.name] for m in self.members if m.trial not in gone}
            below = corner_below(list(values.values()))
            gone |= {trial for trial, value in values.items() if below is not None and value < below}
        kept = tuple(member for member in self.members if member.trial not in gone)
        apart = tuple(member for member in self.members if member.trial in gone)
        return replace(self, members=kept, corner=(*apart, *self.corner), below=below)

    def learned(self) -> Self:
        """Return the front without members of which every seed collapsed: they are no answer."""
        return replace(self, members=tuple(m for m in self.members if COLLAPSED not in m.flags))

    def admits(self, trial: FrontMember) -> bool:
        """Return whether a trial keeps the bounds and is not as bad as those in the corner."""
        quality = self.quality
        low = quality is not None and trial.values.get(quality.name, 0.0) < (self.below or 0.0)
        kept = all(bound.met(trial.values) for bound in self.requirements)
        return kept and not low and COLLAPSED not in trial.flags

    @property
    def hypervolume_share(self) -> float | None:
        """The hypervolume as a share of all between the reference and the ideal point; None without them."""
        return self._share(self.hypervolume)

    @property
    def published_share(self) -> float | None:
        """The hypervolume of a paper's figures, as the same share; None where there is none."""
        return self._share(self.published)

    def _share(self, hypervolume: float | None) -> float | None:
        if hypervolume is None or self.reference_point is None or self.ideal_point is None:
            return None
        sides = zip(self.objectives, self.ideal_point, self.reference_point, strict=True)
        return hypervolume / prod((reference - ideal) * o.sign for o, ideal, reference in sides)

    @property
    def measured_on(self) -> str:
        """A note on the devices if there are several: how times were scaled, or whose trials were ranked."""
        if len(self.devices) < 2:
            return ""
        if self.scaled_to is not None:
            return (
                f"times of {len(self.devices)} devices, scaled to seconds of {self.scaled_to}"
                " by their calibrations"
            )
        return f"trials of {self.device} only, of {len(self.devices)} devices" if self.device else ""

    @property
    def computed_by(self) -> tuple[str, ...]:
        """One note per device on the tunings by which training steps were computed on it, each one once."""
        texts = {
            device: " | ".join(dict.fromkeys(str(tuning) for tuning in kept.values()))
            for device, kept in self.tunings.items()
        }
        if len(texts) == 1:
            return tuple(f"steps computed by {text}" for text in texts.values())
        return tuple(f"steps on {device} computed by {text}" for device, text in texts.items())

    @property
    def within(self) -> str:
        """The bounds that its trials keep, such as "acc>=0.9 and time<60"; empty for none."""
        return " and ".join(map(str, self.requirements))

    @property
    def left_out(self) -> tuple[str, ...]:
        """Notes on trials that are no members: one sentence per objective, and one per other reason."""
        notes = [
            f"{_trials(count)} left out: {name} was not reached by {_whom(name)}"
            for name, count in self.unreached.items()
        ]
        notes += [
            f"{_trials(len(trials))} left out: {name} was not measured for every seed ({_named(trials)})"
            for name, trials in self.unmeasured.items()
        ]
        notes += [self.apart] if self.corner else []
        notes += [f"{_trials(self.stopped)} left out: stopped early"] if self.stopped else []
        notes += [f"{_trials(self.rejected)} left out: rejected before training"] if self.rejected else []
        if self.by_chance:
            which = ", ".join(
                f"{trial} ({100 * sure:.0f} %)" for trial, sure in sorted(self.by_chance.items())
            )
            trials, whose = ("trials", "their") if len(self.by_chance) > 1 else ("trial", "its")
            notes.append(
                f"{trials} {which} left out: {whose} means are unbeaten, but over seeds and images others"
                f" beat {'them' if trials == 'trials' else 'it'} more probably than not"
            )
        return tuple(notes)

    @property
    def apart(self) -> str:
        """What the collapsed corner holds: "12 trials apart: acc below 0.9, 3 collapsed"; empty for none."""
        quality, collapsed = self.quality, sum(COLLAPSED in member.flags for member in self.corner)
        reasons = []
        if quality is not None and self.below is not None:
            reasons.append(f"{quality.name} below {self.below:g}")
        if collapsed:
            some = "" if collapsed == len(self.corner) else f"{collapsed} "
            reasons.append(some + COLLAPSED)
        return f"{_trials(len(self.corner))} apart: {', '.join(reasons)}" if self.corner else ""

    def __iter__(self) -> Iterator[FrontMember]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def as_dict(self) -> dict[str, Any]:
        """Return the front as it appears in the command line's JSON, with `by_chance` where it is known."""
        sure = any(member.probability is not None for member in self.members)
        chance = {"by_chance": {str(trial): own for trial, own in self.by_chance.items()}} if sure else {}
        return {
            "study": self.study,
            "objectives": [
                {"name": o.name, "direction": o.direction, "unit": o.unit} for o in self.objectives
            ],
            "reference_point": None if self.reference_point is None else list(self.reference_point),
            "hypervolume": None if self.reference_point is None else self.hypervolume,
            "ideal_point": None if self.ideal_point is None else list(self.ideal_point),
            "hypervolume_share": self.hypervolume_share,
            "published_hypervolume_share": self.published_share,
            "device": self.device,
            "scaled_to": self.scaled_to,
            "validation_images": self.validation_images,
            "tunings": {
                device: {key: one.model_dump(mode="json", exclude_defaults=True) for key, one in kept.items()}
                for device, kept in self.tunings.items()
            },
            **chance,
            "members": [self._member_dict(member) for member in self.members],
            "corner": {
                "below": self.below,
                "members": [self._member_dict(member) for member in self.corner],
            },
            "nearest": [self._member_dict(member) for member in self.nearest],
        }

    def _member_dict(self, member: FrontMember) -> dict[str, Any]:
        return member.as_dict() | {"beside_baseline": self.baseline.differences(member.choices)}


def _trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count} trials"


def _named(trials: Sequence[int]) -> str:
    numbers = ", ".join(map(str, trials[:_NAMED]))
    return f"trial{'s' * (len(trials) > 1)} {numbers}{', ...' if len(trials) > _NAMED else ''}"


def _whom(name: str) -> str:
    return "the mean over the seeds" if compares_trials(name) else "every seed"
