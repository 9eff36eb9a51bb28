"""The papers' tables that study files declare: what they are, and about what each scale of them costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paretocaps.domain.packaged_specs import PREFIX, packaged_specs
from paretocaps.domain.pairs import SHIFT, pair_names
from paretocaps.domain.paper_file import PaperFile, read_paper_file
from paretocaps.domain.paper_table import SCALES, PaperTable, Pretraining, Scale
from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.domain.trainer_functions import CheckedData
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.service.pretraining import backbone_settings
from paretocaps.service.row_reports import kept_weights

if TYPE_CHECKING:
    from paretocaps.search.planned_trials import Cost

CORES = 2
"""The cores for which the list of tables tells times."""
_TRAINER = StudySpec.model_fields["trainer"].default


@dataclass(frozen=True)
class NamedTable:
    """A table, its name and the study file that declares it."""

    name: str
    table: PaperTable
    file: PaperFile

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales at which it can be made, the smallest first."""
        declared = tuple(one for one in SCALES if one == "paper" or one in self.file.scales)
        return () if self.table.open else declared

    def suffix(self, scale: Scale, seed: int | None) -> str:
        """Return how study and page are called besides where the seeds are others than the file's."""
        return "" if seed is None or seed == self.file.at(scale).get("seed", 0) else f"-seed{seed}"

    def _own_part(self) -> str:
        """Return how the study of a table with fixed choices is called besides, which tells these."""
        from paretocaps.storage.artifacts import safe_name

        fix, short = self.table.fix, _short(self.table.fix)
        alike = any(one.fix != fix and _short(one.fix) == short for one in self.file.tables.values())
        return safe_name("-".join(f"{key}={fix[key]}" for key in fix)) if alike or "/" in short else short

    def options(self, scale: Scale, seed: int | None = None) -> dict[str, Any]:
        """Return the options of the study that makes it at a scale, under a name of its own.

        Its designs are the table's rows. Nothing is rejected before training, since every row counts, and
        all are tested.

        Raises:
            UsageError: it cannot be made, or not at this scale.
        """
        if self.table.open:
            raise UsageError(f"{self.name} cannot be made here: {self.table.open}")
        if scale not in self.scales:
            raise UsageError(f"{self.name} has no scale {scale}: give --scale {' or '.join(self.scales)}")
        options = self.file.at(scale)
        if self.table.fix:
            options |= {
                "fix": {**options.get("fix", {}), **self.table.fix},
                "study": f"{options['study']}-{self._own_part()}",
            }
        options |= {"file_fix": dict(options.get("fix", {})), "reject": False}
        options["test_each_training"] = True
        if suffix := self.suffix(scale, seed):
            options |= {"seed": seed, "study": f"{options['study']}{suffix}"}
        designs = options.get("designs")
        if designs is None:  # then a study has the trainer's and the file's
            designs = [*TRAINERS.get(options.get("trainer", _TRAINER)).designs, *options.get("design", {})]
        rows = [name for name in self.table.rows if name in designs]
        if {"confusion", "roc"} & set(self.table.charts):
            options["ensembles"] = kept_weights(rows, options.get("repeats", 1))
        return {**options, "designs": rows} if rows else options


def _short(fix: Mapping[str, Any]) -> str:
    return "-".join(map(str, fix.values()))


def study_files() -> list[str]:
    """Return the study files that come with the package, any of which may declare tables."""
    return [f"{PREFIX}{name}" for name in packaged_specs()]


def paper_tables(spec_file: str | None = None) -> list[NamedTable]:
    """Return every table that a study file declares; those of the package's files without one.

    Raises:
        UsageError: a study file is wrong.
    """
    files = [read_paper_file(path) for path in ([spec_file] if spec_file else study_files())]
    return [NamedTable(name, table, file) for file in files for name, table in file.tables.items()]


def paper_table(name: str, spec_file: str | None = None) -> NamedTable:
    """Return the table called `name`, of a study file or of the package's.

    Raises:
        UnknownNameError: there is none; the message suggests the nearest one.
        UsageError: a study file is wrong.
    """
    found = {one.name: one for one in paper_tables(spec_file)}
    if name not in found:
        raise UnknownNameError("table", name, found)
    return found[name]


def table_rows(spec_file: str | None = None) -> list[dict[str, Any]]:
    """Return the tables of a study file, or of the package's: what they show, and about how long they take.

    The seconds of each scale are those of two cores; None where it is not declared or the trainer tells no
    work.
    """
    return [_row(one) for one in paper_tables(spec_file)]


def _row(one: NamedTable) -> dict[str, Any]:
    seconds = {scale: scale_seconds(one, scale) for scale in one.scales}
    return {
        "table": one.name,
        "paper": one.table.paper,
        "title": one.table.title,
        "shows": one.table.shows,
        "study_file": one.file.name,
        **{f"{scale}_seconds": seconds.get(scale) for scale in SCALES},
        "open": one.table.open or None,
    }


def scale_seconds(one: NamedTable, scale: Scale) -> float | None:
    """Return about how many seconds a table takes on two cores, with the training of its backbone, if any.

    It is None where the trainer tells no work.

    Raises:
        UsageError: the table cannot be made at this scale.
    """
    options = one.options(scale)
    found, before = nominal_cost(options), one.file.pretraining.get(scale)
    first = 0.0 if before is None else _pretraining_seconds(options, before)
    return None if found.core_seconds is None else found.core_seconds / CORES + first


def nominal_cost(options: Mapping[str, Any]) -> "Cost":
    """Return about what a study costs on ordinary cores, with the images that its data set has."""
    from paretocaps.search.checked_study import check_study
    from paretocaps.search.planned_trials import cost, planned_trials

    spec = resolve_spec({**options, "device": "cpu", "workers": 1})  # whatever devices are here
    checked = check_study(spec)
    data = nominal_data(spec)
    forecaster = checked.trainer.forecaster(data, spec.epochs, spec.ranks) if data.reading else None
    return cost(planned_trials(checked, data.facts), len(spec.seeds), {}, forecaster)


def _pretraining_seconds(options: Mapping[str, Any], pretraining: Pretraining) -> float:
    """Return about how long the backbone's own training takes, which has all cores of a CPU and needs one."""
    from paretocaps.domain.nominal_seconds import nominal_seconds

    spec = StudySpec(study="backbone", dataset=pretraining.dataset, limit_train=pretraining.limit_train)
    trainer = TRAINERS.get(options.get("trainer", spec.trainer))
    forecaster = trainer.forecaster(nominal_data(spec), pretraining.epochs, 1)
    if forecaster is None:
        return 0.0
    choices = trainer.complete({}, trainer.parse_fix(backbone_settings(options.get("fix", {}), pretraining)))
    return nominal_seconds(forecaster(choices).epochs)


def nominal_data(spec: StudySpec) -> CheckedData:
    """Return what a trainer would find in a paper's data set, of which it holds out a tenth; else nothing."""
    from paretocaps.data.whole_sets import WHOLE_SETS

    whole = WHOLE_SETS.get(spec.dataset or "")
    if whole is None:
        return CheckedData()
    held = round(0.1 * whole.train)
    train = whole.train - held if spec.limit_train is None else spec.limit_train
    names, (channels, height, width) = tuple(map(str, range(whole.classes))), whole.shape
    reading: dict[str, Any] = {"shape": [channels, height, width], "classes": names, "train_images": train}
    if spec.pairs:
        border = 2 * SHIFT
        reading |= {"shape": [channels, height + border, width + border], "classes": pair_names(names)}
        reading["pairs"] = True
    return CheckedData(reading=reading)
