import os

from paretocaps.data.fingerprint import fingerprint


def test_it_differs_where_files_do(tmp_path) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        file.write_bytes(b"123")
        os.utime(file, (1, 1))
    first = fingerprint(tmp_path, files)
    assert fingerprint(tmp_path, files) == first
    seen = {first, fingerprint(tmp_path, files[:1]), fingerprint(tmp_path, files[::-1])}
    os.utime(files[0], (2, 2))
    seen.add(fingerprint(tmp_path, files))
    files[0].write_bytes(b"1234")
    os.utime(files[0], (1, 1))
    seen.add(fingerprint(tmp_path, files))
    files[0].unlink()
    seen.add(fingerprint(tmp_path, files))
    assert len(seen) == 6


def test_a_folder_may_be_moved(tmp_path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a").write_bytes(b"123")
    first = fingerprint(tmp_path / "one", [tmp_path / "one" / "a"])
    (tmp_path / "one").rename(tmp_path / "two")
    assert fingerprint(tmp_path / "two", [tmp_path / "two" / "a"]) == first
