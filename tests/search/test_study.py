import signal
import threading

import pytest


@pytest.mark.slow
def test_signals_are_put_back_and_other_threads_may_run_studies(run):
    before = signal.getsignal(signal.SIGTERM)
    run(trials=1)
    assert signal.getsignal(signal.SIGTERM) is before
    thread = threading.Thread(target=run, kwargs={"trials": 2})
    thread.start()
    thread.join()
    summary, _ = run(trials=2)
    assert summary.finished == 2
