"""Claims the trials that are proposed for this driver, or stores why they are not trained."""

from dataclasses import dataclass
from pathlib import Path

from paretocaps.search.proposals import Proposal
from paretocaps.search.rejection import Rejection
from paretocaps.search.results import Results
from paretocaps.storage.claims import Begun, NewTrial, Refusal
from paretocaps.storage.rejections import RejectedTrial


@dataclass
class Claiming:
    """Claims trials of one study.

    Args:
        results: has the study, its tables and its known trials.
        rejection: tells which proposals are not worth a training; None trains all.
    """

    results: Results
    rejection: Rejection | None = None

    def unless_rejected(self, proposal: Proposal) -> Begun | Refusal:
        """Claim a proposal, or store that it is not worth a training; designs are always trained."""
        known, verdict = self.results.known, None
        if self.rejection is not None and proposal.design is None:
            verdict = self.rejection.verdict(proposal.choices, known.counts["failed"])
        if verdict is None:
            return self.claim(proposal)
        training = known.same.digest(proposal.choices)
        trial = RejectedTrial(proposal.number, proposal.choices, training, verdict.reason, verdict.predicted)
        return "rejected" if self.results.reject(trial) else "taken"

    def claim(
        self,
        proposal: Proposal,
        *,
        seed: int | None = None,
        folder: Path | None = None,
        total: int | None = None,
    ) -> Begun | Refusal:
        """Claim a proposal: by default with the study's first seed and number of trials (see `NewTrial`)."""
        known, spec = self.results.known, self.results.spec
        training = known.same.digest(proposal.choices)
        new = NewTrial(
            number=proposal.number,
            choices=proposal.choices,
            design=proposal.design,
            training=training,
            failed=known.failed[training],
            seed=spec.seeds[0] if seed is None else seed,
            total=spec.trials if total is None else total,
            folder=folder,
        )
        return self.results.store.claim_new(spec.study, new)
