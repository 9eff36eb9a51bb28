"""A table or figure of a paper as a study file declares it, to be made again by `paretocaps reproduce`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from paretocaps.domain.claim import Claim
from paretocaps.domain.published import Published

Scale = Literal["quick", "cpu", "paper"]
SCALES: tuple[Scale, ...] = ("quick", "cpu", "paper")
"""How much is trained: minutes, at most two hours on two cores, and as much as in the paper."""
Chart = Literal["front", "curves", "losses", "plans", "depth", "confusion", "roc"]


class Pretraining(BaseModel):
    """How the backbone of a table's rows is trained before its study (`[scale.NAME.pretrain]` of a file).

    Attributes:
        dataset: the data set of the catalog that it is trained on.
        epochs: for how long.
        limit_train: on how many training images; None for all.
        settings: choices of that training, such as its learning rate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    epochs: Annotated[int, Field(ge=1)]
    limit_train: Annotated[int, Field(ge=1)] | None = None
    settings: dict[str, Any] = {}


class PaperTable(BaseModel):
    """A table or a figure of a paper (`[table.NAME]` of a study file).

    Attributes:
        paper: the paper's short name.
        title: the table's or figure's number in it.
        shows: what it shows, in a line.
        rows: the published rows that it has, which are trained; empty for all.
        figures: the published figures that it has; empty for all.
        charts: the figures that its page draws: the front, accuracies and learning rates by epoch, plans
            alone, values by depth, and of the first seed's networks losses by epoch, confusion matrices and
            ROC curves.
        claims: what the paper says about its rows.
        fix: choices that are fixed in its study beside those of the file; the study is then named after them.
        note: what else is to be known where it is compared with the paper.
        unstated: what the paper does not state, so that the study file's own is taken at the scale `paper`.
        open: why it cannot be made here; empty where it can.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    paper: str
    title: str
    shows: str
    rows: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    claims: tuple[Claim, ...] = ()
    fix: dict[str, Any] = {}
    note: str = ""
    unstated: tuple[Literal["epochs", "seeds"], ...] = ()
    open: str = ""

    @model_validator(mode="after")
    def _claims_are_about_rows(self) -> "PaperTable":
        for claim in self.claims:
            for row in (claim.row, claim.than):
                if self.rows and row not in self.rows:
                    raise ValueError(
                        f"claim {claim.text!r} names {row!r}, which is no row of the table: add it"
                    )
        return self

    def of(self, published: Published) -> Published:
        """Return the rows and figures of a study file that the table has.

        Raises:
            ValueError: the file has no such row or figure; the message names it.
        """
        known = {row.name for row in published.rows}
        for name in self.rows or (name for claim in self.claims for name in (claim.row, claim.than)):
            if name not in known:
                raise ValueError(f"row {name!r} is not in [published.rows]: add it")
        for name in self.figures:
            if name not in published.figures:
                raise ValueError(f"figure {name!r} is in no published row: add it, or leave it out")
        kept = [row for row in published.rows if not self.rows or row.name in self.rows]
        names = {row.name for row in kept}
        rows = [
            row.model_copy(
                update={
                    "figures": {
                        n: v for n, v in row.figures.items() if not self.figures or n in self.figures
                    },
                    "baselines": tuple(name for name in row.baselines if name in names),
                    "against": row.against if row.against in names else "",
                }
            )
            for row in kept
        ]
        return published.model_copy(update={"rows": tuple(rows)})
