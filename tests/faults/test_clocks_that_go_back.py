"""A clock that is set back by an hour while a study runs or between two runs, in the tested process alone."""

from harness.invariants import check


def test_a_clock_that_is_set_back_while_a_study_runs(make_study):
    study = make_study(trials=4, epochs=3, seconds=0.1)
    driver = study.start(CLOCK_BACK=str(study.folder / "back"))
    study.until(lambda: len(study.work()) > 6)
    (study.folder / "back").touch()
    assert driver.wait() == 0, driver.said
    started = [moment for (moment,) in study.rows("SELECT started FROM paretocaps_attempts ORDER BY id")]
    assert started != sorted(started), "it was not set back"
    check(study)


def test_a_clock_that_is_set_back_before_the_next_run(make_study):
    study = make_study(trials=2, epochs=4, seconds=0.2)
    driver = study.start()
    study.until(lambda: len(study.work()) > 2)
    driver.kill()
    study.complete(CLOCK_BACK=str(study.folder), seconds=30)
    started = [moment for (moment,) in study.rows("SELECT started FROM paretocaps_attempts ORDER BY id")]
    assert started != sorted(started), "it was not set back"
    check(study)
