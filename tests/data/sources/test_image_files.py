import os

from paretocaps.data.sources.image_files import LeftOut, folders_in, images_below, loose_images


def test_folders_are_walked_by_name_and_other_files_are_counted(tmp_path) -> None:
    for name in ("b/2.png", "a.JPG", "b/a/1.png", "b/notes.txt", ".git/x.png", "__MACOSX/y.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    seen = LeftOut()
    walked = [(folder.name, [file.name for file in files]) for folder, files in images_below(tmp_path, seen)]
    assert walked == [(tmp_path.name, ["a.JPG"]), ("b", ["2.png"]), ("a", ["1.png"])]
    assert seen == {".txt": 1}
    assert [one.name for one in folders_in(tmp_path)] == ["b"]
    assert loose_images(tmp_path) == 1


def test_links_are_followed_but_not_in_a_circle(tmp_path) -> None:
    for folder in ("set/ant", "set/bee", "more"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "more" / "1.png").touch()
    for link, target in {
        "set/ant/more": "more",
        "set/ant/up": "set",
        "set/ant/root": "",
        "more/back": "set/ant",
        "set/bee/ant": "set/ant",
        "set/ant/self": "set/ant/self",
    }.items():
        os.symlink(tmp_path / target, tmp_path / link, target_is_directory=True)
    found = [
        str(file.relative_to(tmp_path))
        for _, files in images_below(tmp_path / "set", LeftOut())
        for file in files
    ]
    assert found == ["set/ant/more/1.png", "set/bee/ant/more/1.png"]
