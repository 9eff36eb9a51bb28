import os
from pathlib import Path

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


def test_folders_differ_though_their_files_look_alike(tmp_path, monkeypatch) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_bytes(name.encode())
        os.utime(tmp_path / name / "a", (1, 1))
        found.append(fingerprint(tmp_path / name, [tmp_path / name / "a"]))
    assert found[0] != found[1]
    monkeypatch.chdir(tmp_path / "one")
    assert fingerprint(Path(), [Path("a")]) == found[0]
