"""What unpacked images are checked for, beside what `--data` checks."""

import pytest

from paretocaps.data.uploaded.check import refuse_large_tables
from paretocaps.errors import TooLargeError
from tests.data.uploaded.hostile import LIMITS, table
from tests.data.uploaded.packing import png


def test_tables_are_refused_by_what_they_declare_before_anything_is_read(tmp_path):
    (tmp_path / "train.parquet").write_bytes(table([bytes(3 * 2**20), png()], [0, 1], compression="zstd"))
    with pytest.raises(TooLargeError, match=r"the upload has tables of 3,14\d,\d+ bytes when unpacked"):
        refuse_large_tables(tmp_path, 1000, LIMITS)


def test_rows_count_as_files_do(tmp_path):
    (tmp_path / "train.parquet").write_bytes(table([b""] * 1001, [0] * 1001))
    with pytest.raises(TooLargeError, match="tables of 1,001 rows, but 1,000 at most"):
        refuse_large_tables(tmp_path, 10**6, LIMITS)


def test_a_damaged_table_is_left_to_its_reader(tmp_path):
    (tmp_path / "train.parquet").write_bytes(b"PAR1")
    refuse_large_tables(tmp_path, 4, LIMITS)
