"""The use cases, one function each, for the command line, the web and Python."""

from paretocaps.service.benching import BenchOptions, bench, check_output, keep_bench, published_sweep
from paretocaps.service.choosing import ChoiceView, choices
from paretocaps.service.comparing import Comparison, compare
from paretocaps.service.comparison_page import write_comparison
from paretocaps.service.confirming import ConfirmSummary, confirm
from paretocaps.service.evaluated_images import EvaluateOptions
from paretocaps.service.evaluating import Evaluation, evaluate, write_evaluation
from paretocaps.service.exporting import (
    Exported,
    ExportOptions,
    export_run,
    export_trial,
    predict,
    predict_options,
)
from paretocaps.service.fronts import load_front
from paretocaps.service.listing import (
    datasets,
    doctor,
    objectives,
    samplers,
    specs,
    study_names,
    trainers,
)
from paretocaps.service.managing import Extent, copy, delete, extent, rename, studies
from paretocaps.service.paper_tables import table_rows
from paretocaps.service.picking import PickedTrial, pick_trial
from paretocaps.service.preview import Description, PlanView, describe, plan, write_plan_page
from paretocaps.service.range_testing import RangeOptions, RangeView, lr_range, write_range_page
from paretocaps.service.reading import (
    finished_trials,
    history,
    load_history,
    load_trials,
    trial,
    trials,
)
from paretocaps.service.recommending import Recommendation, recommend
from paretocaps.service.reporting import write_report
from paretocaps.service.reproducing import Reproduced, ReproduceOptions, reproduce
from paretocaps.service.run_reporting import write_run_report
from paretocaps.service.running import Interrupted, RunSummary, optimize
from paretocaps.service.spaces import SpaceView, space, space_of
from paretocaps.service.subjects import is_network
from paretocaps.service.train_options import TrainOptions
from paretocaps.service.training import TrainedRun, TrainingWatcher, is_first_rank, train

__all__ = [
    "BenchOptions",
    "ChoiceView",
    "Comparison",
    "ConfirmSummary",
    "Description",
    "EvaluateOptions",
    "Evaluation",
    "ExportOptions",
    "Exported",
    "Extent",
    "Interrupted",
    "PickedTrial",
    "PlanView",
    "RangeOptions",
    "RangeView",
    "Recommendation",
    "ReproduceOptions",
    "Reproduced",
    "RunSummary",
    "SpaceView",
    "TrainOptions",
    "TrainedRun",
    "TrainingWatcher",
    "bench",
    "check_output",
    "choices",
    "compare",
    "confirm",
    "copy",
    "datasets",
    "delete",
    "describe",
    "doctor",
    "evaluate",
    "export_run",
    "export_trial",
    "extent",
    "finished_trials",
    "history",
    "is_first_rank",
    "is_network",
    "keep_bench",
    "load_front",
    "load_history",
    "load_trials",
    "lr_range",
    "objectives",
    "optimize",
    "pick_trial",
    "plan",
    "predict",
    "predict_options",
    "published_sweep",
    "recommend",
    "rename",
    "reproduce",
    "samplers",
    "space",
    "space_of",
    "specs",
    "studies",
    "study_names",
    "table_rows",
    "train",
    "trainers",
    "trial",
    "trials",
    "write_comparison",
    "write_evaluation",
    "write_plan_page",
    "write_range_page",
    "write_report",
    "write_run_report",
]
