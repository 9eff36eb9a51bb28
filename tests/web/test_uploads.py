import io

import pytest

from paretocaps.web.uploads import uploads


@pytest.mark.slow  # imports optuna
def test_uploaded_files_lie_beside_the_database(tmp_path):
    store = uploads(f"sqlite:///{tmp_path / 'studies.db'}")
    assert list(tmp_path.iterdir()) == []
    store.write("abc", io.BytesIO(b"text"))
    assert (tmp_path / "studies-artifacts" / ".uploads" / "abc").read_bytes() == b"text"
    with store.open_reader("abc") as file:
        assert file.read() == b"text"
