from sqlalchemy import make_url

from paretocaps.storage.url_settings import known_settings


def test_each_kind_of_database_has_its_settings():
    assert "timeout" in known_settings(make_url("sqlite:///x.db"))
    for driver in ("postgresql", "postgresql+psycopg", "postgresql+psycopg2"):
        assert {"sslmode", "connect_timeout"} <= set(known_settings(make_url(f"{driver}://host/x")))


def test_a_driver_without_libpq_decides_itself():
    assert known_settings(make_url("postgresql+pg8000://host/x")) is None
