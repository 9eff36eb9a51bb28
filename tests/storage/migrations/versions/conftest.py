from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from paretocaps.storage import migrate
from paretocaps.storage.connect import make_engine


class Database:
    """A database that is migrated up and down, and takes SQL."""

    def __init__(self, engine):
        self.engine = engine

    @contextmanager
    def connected(self):
        with self.engine.connect().execution_options(write=True) as connection, connection.begin():
            yield connection

    def migrate(self, move, version):
        with self.connected() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
            getattr(command, move)(config, version)

    def run(self, *statements):
        """Run SQL; return the rows of the last statement, if it has some."""
        with self.connected() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else None


@pytest.fixture
def database(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/old.db", create=True)
    yield Database(engine)
    engine.dispose()


@pytest.fixture
def server_database(server, request):
    """One of PostgreSQL, which tells types and conditions more strictly."""
    name = f"migrated_{abs(hash(request.node.name))}"
    server.psql(f"CREATE DATABASE {name};")
    url = server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://")
    engine = make_engine(url, create=True)
    yield Database(engine)
    engine.dispose()


@pytest.fixture
def trial():
    """SQL of a study with one finished trial."""
    return (
        "INSERT INTO paretocaps_studies (id, name, created, spec) VALUES (1, 's', '2026-01-01', '{}')",
        "INSERT INTO paretocaps_trials (id, study_id, number, state, choices, created, ended) VALUES"
        " (1, 1, 0, 'finished', '{}', '2026-01-01', '2026-01-02')",
    )


@pytest.fixture
def attempt():
    """A function that returns the SQL of an attempt at the trial."""

    def statement(seed, number=1, state="finished", **more):
        columns = {"seed": seed, "attempt": number, "state": state, "acc": 0.5, "time": 2.0} | more
        values = ", ".join("NULL" if value is None else repr(value) for value in columns.values())
        return (
            f"INSERT INTO paretocaps_attempts (trial_id, started, {', '.join(columns)})"
            f" VALUES (1, '2026-01-01', {values})"
        )

    return statement
