from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import StatementError

from paretocaps.domain.measurement import MEASURED, Device, EpochRecord, Measurement
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, METADATA, STATES, UtcDateTime, now

MOMENTS = Table("moments", MetaData(), Column("id", Integer, primary_key=True), Column("moment", UtcDateTime))


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    MOMENTS.metadata.create_all(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_now_is_aware():
    assert now().tzinfo is UTC


def test_moments_come_back_in_utc(connection):
    noon_in_delhi = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5.5)))
    connection.execute(insert(MOMENTS), [{"moment": noon_in_delhi}, {"moment": None}])
    found = connection.scalars(select(MOMENTS.c.moment).order_by(MOMENTS.c.id)).all()
    assert found == [datetime(2026, 3, 1, 6, 30, tzinfo=UTC), None]
    assert found[0].tzinfo is UTC
    assert connection.exec_driver_sql("SELECT moment FROM moments").scalar().startswith("2026-03-01 06:30:00")


def test_a_moment_without_a_zone_is_refused(connection):
    with pytest.raises(StatementError, match="has no timezone"):
        connection.execute(insert(MOMENTS).values(moment=datetime(2026, 3, 1)))


def test_every_field_of_an_epoch_is_a_column():
    assert set(EPOCHS.c.keys()) == {"attempt_id", *EpochRecord.model_fields}


def test_every_field_of_a_measurement_has_a_column():
    elsewhere = {"device", "epochs", "quantities", "predictions"}
    assert set(Measurement.model_fields) - elsewhere <= set(ATTEMPTS.c.keys())
    assert set(MEASURED) <= set(ATTEMPTS.c.keys())
    assert {"device_name", "device_kind", *Device.model_fields} - {"name", "kind"} <= set(ATTEMPTS.c.keys())


def test_measured_columns_say_their_unit():
    assert all(ATTEMPTS.c[name].comment for name in MEASURED)
    assert all(column.comment for column in EPOCHS.c if column.name != "attempt_id")


@pytest.mark.parametrize("table", ["trials", "attempts"])
def test_the_database_refuses_an_unknown_state(table):
    (check,) = [c for c in METADATA.tables[f"paretocaps_{table}"].constraints if "ck_" in str(c.name)]
    assert all(repr(state) in str(check.sqltext) for state in STATES)
