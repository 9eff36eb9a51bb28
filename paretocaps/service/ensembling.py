"""Measures the ensembles of a study when its networks are trained."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from paretocaps.domain.ensemble import EnsembleSpec
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import DataError
from paretocaps.service.leasing import device_leased
from paretocaps.service.picking import on_another

if TYPE_CHECKING:
    from paretocaps.storage.records import AttemptRecord, EnsembleRecord, TrialRecord
    from paretocaps.storage.store import Store


def measure_ensembles(
    store: "Store", spec: StudySpec, notice: Callable[[str], None], on_progress: OnProgress = unheard
) -> None:
    """Measure and store each ensemble of the study whose networks are all trained, unless it was already.

    The accuracies are those of the networks' averaged scores on the validation and on the test images;
    nothing is chosen by them. Time and parameters are the sums of the networks'.

    Args:
        store: the study's store.
        spec: the study.
        notice: receives a line about each ensemble: its accuracies, or why it was not measured.
        on_progress: receives this step, or what it waits for.
    """
    from paretocaps.execution.devices import devices
    from paretocaps.search.ensemble_members import ensemble_members

    if not spec.ensembles:
        return
    trials = store.trials(spec.study)
    known = {record.name: record.members for record in store.ensembles(spec.study)}
    for name, ensemble in spec.ensembles.items():
        members = ensemble_members(trials, ensemble)
        if known.get(name) == _keys(members):
            continue
        why = _why_not(members, ensemble)
        if why is None:
            try:
                device = devices(spec.device)[0].partition(",")[0]
                with device_leased(spec, device, "measuring ensembles", notice, on_progress):
                    record = _measured(name, members, spec, device, _precision(members, trials))
                store.save_ensemble(spec.study, record)
            except DataError as error:
                why = str(error)
            else:
                notice(f"ensemble {name!r} of {len(members)} networks: {_told(record)}")
        if why is not None:
            notice(f"ensemble {name!r} was not measured: {why}")


def _told(record: "EnsembleRecord") -> str:
    texts = [
        f"{name} {found.value:.4f} ({found.low:.4f} to {found.high:.4f})"
        for name, found in record.estimates.items()
    ]
    return ", ".join(texts)


def _keys(members: "Sequence[AttemptRecord]") -> tuple[tuple[int, int, int], ...]:
    return tuple((one.key.trial, one.key.seed, one.key.attempt) for one in members)


def _why_not(members: "Sequence[AttemptRecord]", ensemble: EnsembleSpec) -> str | None:
    """Return why an ensemble cannot be measured, with the remedy; None if it can."""
    wanted = ensemble.size or 2
    if len(members) < wanted:
        return f"{len(members)} of its {wanted} networks are trained: give --more-repeats N or more trials"
    gone = sorted({one.key.trial for one in members if one.weights is None})
    elsewhere = {one.key.trial: host for one in members if (host := one.weights_elsewhere) is not None}
    if elsewhere:
        trial, host = next(iter(elsewhere.items()))
        return f"the weights of trial {trial} are on {on_another(host)}"
    if gone:
        return (
            f"the weights of trial {', '.join(map(str, gone))} were not kept, because the study had no such"
            " ensemble when they were trained: run it as a new study"
        )
    return None


def _precision(members: "Sequence[AttemptRecord]", trials: "Sequence[TrialRecord]") -> str:
    """Return the precision that all networks were trained in, or else float32."""
    numbers = {one.key.trial for one in members}
    found = {str(trial.choices.get("precision", "auto")) for trial in trials if trial.number in numbers}
    return found.pop() if len(found) == 1 else "fp32"


def _measured(
    name: str, members: "Sequence[AttemptRecord]", spec: StudySpec, where: str, precision: str
) -> "EnsembleRecord":
    from paretocaps.data.device_loader import DeviceLoader
    from paretocaps.data.tensor_splits import load
    from paretocaps.evaluation.accuracy import Evaluator
    from paretocaps.evaluation.joint_accuracy import ensemble_accuracy
    from paretocaps.storage.records import EnsembleRecord
    from paretocaps.training.device import open_device
    from paretocaps.training.precision import computed, default_tuning
    from paretocaps.training.weights import load_weights

    device = open_device(where)
    networks = [load_weights(path).to(device) for one in members if (path := one.weights) is not None]
    splits = load(spec.data_spec)
    evaluator = Evaluator(device, partial(computed, device, default_tuning(precision, device)))
    measured = [one.measurement for one in members if one.measurement is not None]
    return EnsembleRecord(
        name=name,
        members=_keys(members),
        acc=ensemble_accuracy(networks, DeviceLoader(splits.validation, device), evaluator),
        test_acc=ensemble_accuracy(networks, DeviceLoader(splits.test, device), evaluator),
        validation_images=len(splits.validation),
        test_images=len(splits.test),
        time=sum(one.time for one in measured),
        params=sum(one.params for one in measured),
    )
