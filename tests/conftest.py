"""What every test runs under: no network, and Ctrl-C as a terminal would have it."""

import os
import signal

from paretocaps.execution.threads import wait_briefly

# read when the libraries load: a data set that is not cached must fail at once, not after half a minute
os.environ["HF_HUB_OFFLINE"] = "1"
wait_briefly()  # as workers do: tests that run side by side would otherwise wait for each other's threads

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell starts background jobs with SIGINT ignored, which the programs under test would inherit
    signal.signal(signal.SIGINT, signal.default_int_handler)
