from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.search.stopping.seen import seen, unseen

RECORDS = [
    EpochRecord(epoch=n, acc=acc, seconds=2, time=2 * n, wall=3 * n, params=9, macs=8, cpu_seconds=1)
    for n, acc in ((1, 0.5), (2, 0.75), (3, 0.7))
]


def test_a_training_is_worth_what_it_would_be_if_it_ended_now():
    objectives = parse_objectives("acc,time,wall,params,macs,cpu_time,epoch_time")
    assert seen(RECORDS, objectives) == (-0.75, 4.0, 9.0, 9.0, 8.0, 2.0, 2.0)
    assert seen(RECORDS[:1], parse_objectives("acc,cpu_time")) == (-0.5, 1.0)
    older = [record.model_copy(update={"cpu_seconds": None}) for record in RECORDS]
    assert seen(older, parse_objectives("acc,cpu_time")) is None


def test_a_training_without_a_value_is_worth_nothing_yet():
    assert seen(RECORDS, parse_objectives("acc,time_to(acc=0.9)")) is None
    assert seen(RECORDS, parse_objectives("acc,time_to(acc=0.75)")) == (-0.75, 4.0)


def test_some_objectives_are_measured_at_the_end_alone():
    assert unseen(parse_objectives("acc,time,time_to(acc=0.9),params")) == []
    assert unseen(parse_objectives("acc,memory")) == ["memory"]


def test_sizes_that_a_trainer_tells_at_the_end_alone_have_no_value_yet():
    untold = [record.model_copy(update={"params": 0}) for record in RECORDS]
    assert seen(untold, parse_objectives("acc,params")) is None
    assert seen(untold, parse_objectives("acc,macs,time")) == (-0.75, 8.0, 4.0)
