import sys

import pytest

from paretocaps.errors import UsageError
from paretocaps.report import figure_files
from paretocaps.report.figure_files import folder_of, write_pictures
from paretocaps.report.figures import placeholder


def test_pictures_are_files_named_after_figures_in_a_folder_beside_the_page(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("plotly.io.write_images", lambda shown, places, format: asked.extend(places))
    monkeypatch.setattr(figure_files, "require", lambda *_, **__: None)
    folder = folder_of(tmp_path / "demo.html")
    written = write_pictures(folder, {"progress over time": placeholder("one")}, "svg")
    assert written == asked == [tmp_path / "demo-pictures" / "progress-over-time.svg"]
    assert folder.is_dir()


def test_without_kaleido_or_a_browser_the_remedy_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(UsageError, match=r"pip install 'paretocaps\[pictures\]'"):
        write_pictures(tmp_path, {}, "png")

    def none(*_, **__):
        raise RuntimeError("Kaleido v1 and later requires Chrome to be installed.")

    monkeypatch.setattr(figure_files, "require", lambda *_, **__: None)
    monkeypatch.setattr("plotly.io.write_images", none)
    with pytest.raises(UsageError, match=r"\(Kaleido v1 and later .*\): install one"):
        write_pictures(tmp_path, {"a": placeholder("a")}, "png")
