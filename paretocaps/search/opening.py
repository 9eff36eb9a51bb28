"""Opens one checked study, new or stored, with all that it takes to run it."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain

import optuna

from paretocaps.data.fingerprint import FolderContent
from paretocaps.domain.effect import Facts
from paretocaps.domain.job import Origin
from paretocaps.domain.slot import WHOLE
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import CheckedData, Forecaster
from paretocaps.errors import UsageError
from paretocaps.execution.executor import (
    ElsewhereFactory,
    Executor,
    SlotsFactory,
)
from paretocaps.host import host_memory
from paretocaps.search.checked_study import CheckedStudy
from paretocaps.search.confirming import Confirmation, SeedBudget
from paretocaps.search.constraints import Constraints
from paretocaps.search.continuing import find_continuing, settled_continuing
from paretocaps.search.designs import StudyDesigns
from paretocaps.search.driver import Driver
from paretocaps.search.identity import (
    data_content,
    origin_of,
    refuse_other_data,
    refuse_other_reading,
    refuse_other_study,
    stored_form,
)
from paretocaps.search.ingest import ingest
from paretocaps.search.interrupts import Interrupts
from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.moved import moved
from paretocaps.search.observer import Observer
from paretocaps.search.optuna_study import (
    constrain,
    foreign_study,
    has_optuna_study,
    leave_out,
    open_optuna_study,
)
from paretocaps.search.outlook import Outlook
from paretocaps.search.places import (
    fewer_jobs,
    kind_of,
    places_on_slots,
    refuse_crowded_ranks,
    refuse_shared_counter,
)
from paretocaps.search.prior_trials import (
    FIRST,
    PriorTrials,
    prior_remarks,
    refuse_other_source,
    settled_prior_trials,
    source_trials,
)
from paretocaps.search.problem import Problem, exact_by
from paretocaps.search.proposals import Proposals
from paretocaps.search.rejection import Rejection, lifted
from paretocaps.search.results import Results
from paretocaps.search.runner import Runner
from paretocaps.search.same_training import SameTraining
from paretocaps.search.slots import Splitting
from paretocaps.search.start import length_by
from paretocaps.search.stopping.stopping import Stopping
from paretocaps.search.without_effect import told, without_effect
from paretocaps.storage.store import Store

_DATA = "data"
"""The attribute of the Optuna study in which older versions kept the `data_content` of its creation."""
_READING = "reading"
"""The attribute that keeps how these data were read (`CheckedData.reading`)."""


@contextmanager
def opened(
    checked: CheckedStudy,
    store: Store,
    observer: Observer,
    data: CheckedData,
    interrupts: Interrupts,
    seeds: SeedBudget | None = None,
) -> Iterator[Runner]:
    """Create or reopen the `checked` study in `store`; yield what runs it, which has taken up what was left.

    Args:
        checked: the study.
        store: where its trials are kept.
        observer: its methods are called as the study proceeds.
        data: what the trainer found in its data.
        interrupts: end a run.
        seeds: train further seeds of finished trials instead, within this budget; the stored spec stays.

    Raises:
        StudyMismatchError: the stored study has another identity or other data, or reads its data otherwise.
    """
    facts = checked.facts(data)
    content = data_content(checked.spec)  # once: the database may lie in the same folder, and grow
    designs, notices = _enter(store, checked, facts, content)
    with Driver(store, checked.spec.study) as driver:
        known = KnownTrials(driver.store, checked.spec.study, designs.same)
        begun = bool(known.states)
        splitting = Splitting(
            checked.spec,
            checked.trainer,
            data,
            driver.store,
            observer.notice,
            interrupts.check,
            observer.preparing,
        )
        checked = _on_slots(checked, splitting, begun=begun)
        spec = checked.spec
        forecaster = checked.trainer.forecaster(data, spec.epochs, spec.ranks)
        prior = settled_prior_trials(driver.store, spec, designs, checked.objectives, begun=begun)
        sampler = checked.sampler.made(_problem(checked, designs, driver, known, forecaster, prior))
        with (
            open_optuna_study(
                spec.storage, spec.study, checked.objectives, sampler, store.patience, store.file
            ) as study,
            _executor(checked, driver.store) as executor,
        ):
            origin = _check(driver.store, study, spec, data, content, begun=begun)
            if seeds is None:
                _keep_spec(driver.store, spec)
            driver.store.set_origin(origin)
            driver.store.set_facts(spec.study, facts)  # an older study has none
            stopping = Stopping(spec, checked.objectives, checked.trainer, facts, driver.store)
            results = Results(spec, checked.objectives, driver.store, study, known, observer, stopping)
            constraints = Constraints(results.standing, known)
            fallen = _lifted(driver.store, spec, constraints) if begun else frozenset[int]()
            leave_out(study, fallen)
            if spec.stated:
                constrain(study, constraints.of)
            first = prior.first(FIRST) if prior is not None else ()
            continuing = settled_continuing(driver.store, spec, checked.trainer, facts, begun=begun)
            runner = Runner(
                results=results,
                driver=driver,
                proposals=Proposals(
                    study,
                    designs,
                    checked.sampler,
                    spec.seed,
                    known,
                    observer,
                    prior_points=first,
                    length=length_by(forecaster, checked.objectives, kind_of(checked.places)),
                    lifted=fallen,
                ),
                executor=executor,
                interrupts=interrupts,
                origin=origin,
                rejection=_rejection(checked, results, designs, forecaster),
                confirmation=None if seeds is None else Confirmation(results, driver, budget=seeds),
                continuing=continuing,
                forecaster=forecaster,
                device=kind_of(checked.places),
            )
            observer.opened(spec, known.ended)
            remarks = notices, stopping.remarks, prior_remarks(prior), continuing.remarks
            for remark in chain(_remarks(checked, driver), *remarks):
                observer.notice(remark)
            runner.recover()
            if seeds is None:
                runner.proposals.begin_with(checked.designs)
                ingest(runner)
            _tell_moved(checked, runner)
            yield runner


def _lifted(store: Store, spec: StudySpec, constraints: Constraints) -> frozenset[int]:
    """Return the numbers of the rejected trials that the study would not reject any more."""
    rejected = store.trials(spec.study, ["rejected"], attempts=False)
    return lifted({one.number: one.reason or "" for one in rejected}, spec, constraints.of)


def _rejection(
    checked: CheckedStudy, results: Results, designs: StudyDesigns, forecaster: Forecaster | None
) -> Rejection | None:
    """Return what tells which proposals are not worth a training; None for a study that trains all."""
    if not checked.spec.reject:
        return None
    seen = results.standing, designs.space, designs.fix, checked.spec.epochs, forecaster
    return Rejection(Outlook(*seen, _room(checked)), checked.objectives)


def _room(checked: CheckedStudy) -> int | None:
    """Return the bytes of memory that this machine's CPU has; None where a study trains on anything else."""
    here = not isinstance(checked.executor, ElsewhereFactory)
    return host_memory() if here and not any("cuda" in place for place in checked.places) else None


def _problem(
    checked: CheckedStudy,
    designs: StudyDesigns,
    driver: Driver,
    known: KnownTrials,
    forecaster: Forecaster | None,
    prior: PriorTrials | None,
) -> Problem:
    """Return the study as its sampler sees it."""
    seed = checked.spec.seed + driver.sampler_seed
    return Problem(
        space=designs.space,
        fix=designs.fix,
        objectives=checked.objectives,
        trainer=designs.trainer,
        seed=seed,
        run_seed=seed + known.counts.total(),
        trials=checked.spec.trials,
        exact=exact_by(forecaster),
        prior=prior,
    )


def _check(
    store: Store,
    study: optuna.Study,
    spec: StudySpec,
    data: CheckedData,
    content: FolderContent | None,
    *,
    begun: bool,
) -> Origin:
    """Check that the data are the study's; return what its trainings say about it."""
    record = store.study(spec.study)
    place = record.spec["data"]
    kept = record.content or study.user_attrs.get(_DATA)
    refuse_other_data(spec, place, kept, content)
    if kept is None and content is not None:
        store.set_content(spec.study, content)
    _check_reading(study, spec, data, begun=begun)
    return origin_of(spec, content, data)


def _keep_spec(store: Store, spec: StudySpec) -> None:
    """Store what this run asks for, such as more trials."""
    # where the data are on this machine does not matter to others
    place = store.study(spec.study).spec["data"]
    store.set_spec(spec.study, stored_form(spec) | {"data": place})


def _remarks(checked: CheckedStudy, driver: Driver) -> Iterator[str]:
    """Yield what is to be known before the run begins."""
    if len(checked.places) < (checked.spec.workers or 1):
        yield fewer_jobs(checked.spec, checked.places)
    others = sorted(other.process for other in driver.others.values())
    if others:
        run = "runs" if len(others) == 1 else "run"
        yield f"{', '.join(others)} {run} this study, too: the drivers share its trials"
    yield from checked.without_effect
    yield from _other_artifacts(driver.store, checked.spec.study)


def _tell_moved(checked: CheckedStudy, runner: Runner) -> None:
    """Notice that the trainings to come, if there are any, are on another device than those before.

    Raises:
        UsageError: they are further seeds of trials that were measured there.
    """
    if checked.trainer.recorded:  # its trainings were made elsewhere, all of them
        return
    results, confirms = runner.results, runner.confirmation is not None
    if not confirms and results.known.ended >= checked.spec.trials and not runner.recovery.claimable:
        return
    elsewhere = isinstance(checked.executor, ElsewhereFactory)
    notice = moved(results, runner.device, elsewhere=elsewhere)
    if notice and confirms:
        raise UsageError(
            f"{notice.partition(':')[0]}: trials with further seeds from here would leave the front; run"
            " `paretocaps confirm` there"
        )
    if notice:
        runner.observer.notice(notice)


def _other_artifacts(store: Store, study: str) -> list[str]:
    """Return a notice if the study's last training is elsewhere on this machine than this run's will be."""
    last = store.last_folder(study)
    if last is None or last.is_relative_to(store.artifacts):
        return []
    root = last.parents[2]  # of STUDY/TRIAL/ATTEMPT
    if not root.is_dir():  # on another machine
        return []
    return [
        f"new trainings are in {store.artifacts}, but the last one is in {root}: give --artifacts {root} to"
        " keep them together"
    ]


def _on_slots(checked: CheckedStudy, splitting: Splitting, *, begun: bool) -> CheckedStudy:
    """Return the study with the slots that it keeps, where it trains on this machine's CPU."""
    spec = checked.spec
    if isinstance(checked.executor, ElsewhereFactory) and begun:
        splitting.refuse_other(splitting.store.study(spec.study).spec.get("threads"))
    on_cpu = set(checked.places) == {WHOLE} or spec.threads is not None
    if not (on_cpu and isinstance(checked.executor, SlotsFactory)):
        return checked
    size = splitting.settle(checked.fix, begun=begun)
    if size is None:
        return checked
    places = places_on_slots(spec, checked.executor, (WHOLE,), size)
    if not checked.trainer.recorded:
        refuse_shared_counter(spec, places)
    settled = spec.model_copy(update={"threads": size})
    return replace(checked, spec=settled, places=tuple(places), slot=size)


def _executor(checked: CheckedStudy, store: Store) -> Executor:
    if isinstance(checked.executor, SlotsFactory) and checked.slot is not None:
        return checked.executor.on_slots(checked.slot, len(checked.places))
    if not isinstance(checked.executor, ElsewhereFactory):
        return checked.executor(checked.places)
    study = checked.spec.study
    pinned = store.study(study).accelerator
    return checked.executor.of_study(checked.spec, pinned, lambda kind: store.pin_accelerator(study, kind))


def _enter(
    store: Store, checked: CheckedStudy, facts: Facts, content: FolderContent | None
) -> tuple[StudyDesigns, tuple[str, ...]]:
    """Create the study, or check that the stored one has the same identity and take up its space.

    Return its designs, and notices of the choices that a new study does not sample
    because they cannot act.
    """
    spec, trainer, fix = checked.spec, checked.trainer, checked.fix
    reasons: Mapping[str, str] = {}

    def placed(idle: Collection[str]) -> StudyDesigns:
        same = SameTraining(trainer, spec.epochs, facts)
        return StudyDesigns(spec, trainer, checked.space.without(idle), fix, same)

    if not store.has_study(spec.study):
        # ours is always made before Optuna's, so another driver may have made both meanwhile
        has_theirs = store.has_optuna_tables() and has_optuna_study(spec.storage, spec.study)
        if has_theirs and not store.has_study(spec.study):
            raise foreign_study(spec.study)
        refuse_crowded_ranks(spec)
        reasons = without_effect(trainer, checked.space, fix, spec.epochs, facts)
        if spec.from_study is not None:
            source_trials(store, spec, placed(reasons), checked.objectives)  # refused before it is created
        find_continuing(store, spec, trainer, facts)
        store.create_study(spec.study, stored_form(spec), facts, tuple(reasons), content, exist_ok=True)
    stored = store.study(spec.study)
    refuse_other_study(spec, stored.spec)
    refuse_other_source(spec, stored.spec)
    return placed(stored.without_effect), tuple(told(reasons))


def _check_reading(study: optuna.Study, spec: StudySpec, data: CheckedData, *, begun: bool) -> None:
    """Refuse data that are read otherwise than before; store the reading if the study has no record of it."""
    then = study.user_attrs.get(_READING)
    if begun:
        refuse_other_reading(spec, then, data)
    if then is None and data.reading is not None:
        study.set_user_attr(_READING, dict(data.reading))
