from pathlib import Path


def test_a_page_is_written_and_its_path_printed(run, towers):
    result = run("report", "t", "--storage", towers, "--output", "page.html")
    assert result.exit_code == 0, result.stderr
    assert Path(result.stdout.strip()).read_text().lstrip().lower().startswith("<!doctype html>")


def test_no_page_for_no_study(run, towers):
    result = run("report", "nobody", "--storage", towers, "--output", "page.html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert not Path("page.html").exists()


def test_a_page_is_of_a_study_or_of_trainings(run):
    result = run("report", "t", "--run", "runs/a")
    assert result.exit_code == 2
    assert "--run runs/a and study 't': give one of them" in result.stderr
    result = run("report", "--run", "runs/a", "--require", "acc>=0.9")
    assert "--run runs/a and --require: that is for studies" in result.stderr
    result = run("report", "--run", "runs/none")
    assert "there is no finished training in 'runs/none'" in result.stderr
