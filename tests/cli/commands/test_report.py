from pathlib import Path


def test_a_page_is_written_and_its_path_printed(run, towers):
    result = run("report", "t", "--storage", towers, "--output", "page.html")
    assert result.exit_code == 0, result.stderr
    assert Path(result.stdout.strip()).read_text().lstrip().lower().startswith("<!doctype html>")


def test_no_page_for_no_study(run, towers):
    result = run("report", "nobody", "--storage", towers, "--output", "page.html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert not Path("page.html").exists()
