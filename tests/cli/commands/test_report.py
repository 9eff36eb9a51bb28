from pathlib import Path


def test_a_page_is_written_and_its_path_printed(run, optimize):
    assert optimize("--study", "t", "--trials", 4).exit_code == 0
    result = run("report", "t", "--output", "page.html")
    assert result.exit_code == 0, result.stderr
    assert Path(result.stdout.strip()).read_text().lstrip().lower().startswith("<!doctype html>")


def test_no_page_for_no_study(run, optimize):
    assert optimize("--study", "t", "--trials", 1).exit_code == 0
    result = run("report", "nobody", "--output", "page.html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert not Path("page.html").exists()
