import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from paretocaps.domain.measurement import Device, EpochRecord, Measurement, best_epoch
from paretocaps.errors import DivergedError


def record(epoch: int, acc: float, network: int = 0) -> EpochRecord:
    return EpochRecord(
        epoch=epoch, acc=acc, seconds=1.0, time=float(epoch), wall=2.0 * epoch, network=network
    )


def test_the_best_epoch_is_the_most_accurate_one_and_the_earliest_of_equals() -> None:
    assert best_epoch([record(1, 0.5), record(2, 0.9), record(3, 0.9), record(4, 0.8)]).epoch == 2


def test_epochs_before_a_structural_change_are_another_networks() -> None:
    records = [record(1, 0.99), record(2, 0.7, network=1), record(3, 0.8, network=1)]
    assert best_epoch(records).epoch == 3


def test_no_epoch_is_no_measurement() -> None:
    with pytest.raises(DivergedError, match="before its first epoch"):
        best_epoch([])


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=12))
def test_nothing_of_the_last_network_beats_the_best_epoch(epochs: list[tuple[float, bool]]) -> None:
    network, records = 0, []
    for number, (acc, changed) in enumerate(epochs, start=1):
        network += changed
        records.append(record(number, acc, network))
    best = best_epoch(records)
    rivals = [r for r in records if r.network == records[-1].network]
    assert best in rivals
    assert all((r.acc, -r.epoch) <= (best.acc, -best.epoch) for r in rivals)


def test_quantities_are_fields_or_the_trainers_own() -> None:
    measurement = Measurement(
        acc=0.9,
        best_epoch=1,
        time=1,
        wall=2,
        params=10,
        device=Device(name="x", kind="cpu"),
        quantities={"f1": 0.8},
    )
    assert measurement.quantity("params") == 10.0
    assert measurement.quantity("f1") == 0.8
    assert measurement.quantity("memory") is None
    assert measurement.quantity("device") is None


def test_epochs_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="increasing order"):
        Measurement(
            acc=0.9,
            best_epoch=1,
            time=1,
            wall=2,
            params=10,
            device=Device(name="x", kind="cpu"),
            epochs=(record(2, 0.1), record(1, 0.1)),
        )
