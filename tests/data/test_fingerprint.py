import os
import shutil
from pathlib import Path

from paretocaps.data.fingerprint import fingerprint, folder_content


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


def filled(folder: Path) -> Path:
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_copy_of_a_folder_has_the_same_content(tmp_path) -> None:
    first = filled(tmp_path / "one")
    content = folder_content(first)
    assert (content["files"], content["bytes"]) == (3, 27)
    (first / ".hidden").write_text("x")
    os.utime(first / "dog" / "1.png", (1, 1))
    shutil.move(first / "dog", tmp_path / "elsewhere")
    (first / "dog").symlink_to(tmp_path / "elsewhere")
    (first / "dog" / "around").symlink_to(first)
    assert folder_content(first) == content == folder_content(filled(tmp_path / "two"))


def test_other_files_are_other_content(tmp_path) -> None:
    folder = filled(tmp_path / "one")
    seen = {folder_content(folder)["sha256"]}
    (folder / "dog" / "1.png").write_bytes(b"dog/2.png")
    seen.add(folder_content(folder)["sha256"])
    (folder / "dog" / "1.png").rename(folder / "dog" / "3.png")
    seen.add(folder_content(folder)["sha256"])
    (folder / "dog" / "3.png").unlink()
    seen.add(folder_content(folder)["sha256"])
    assert len(seen) == 4
    assert folder_content(tmp_path / "nothing")["files"] == 0


def test_of_many_files_some_are_read(tmp_path) -> None:
    for number in range(600):
        (tmp_path / f"{number:03}").write_bytes(b"a")
    before = folder_content(tmp_path)
    for number in range(600):
        (tmp_path / f"{number:03}").write_bytes(b"b")
    after = folder_content(tmp_path)
    assert (after["files"], after["bytes"]) == (before["files"], before["bytes"])
    assert after["sha256"] != before["sha256"]
