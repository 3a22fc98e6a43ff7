"""`make ui` comes up by itself, says how to get in, and leaves no process behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from stack import REPO


@pytest.mark.slow
def test_it_comes_up_and_ctrl_c_ends_all_of_it():
    ui = subprocess.Popen(
        [sys.executable, REPO / "scripts" / "ui.py"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    watchdog = threading.Timer(240, ui.kill)
    watchdog.start()
    try:
        said = ""
        for line in ui.stdout:
            said += line
            if "Ctrl-C ends" in line:
                break
        running = psutil.Process(ui.pid).children(recursive=True)
        ui.send_signal(signal.SIGINT)
        ui.stdout.read()
        assert ui.wait() == 0
        left = [process for process in running if process.is_running()]
    finally:
        watchdog.cancel()
        ui.kill()
    for process in left:
        process.kill()
    assert re.search(r"Airflow +http://127\.0\.0\.1:\d+ +user admin, password \S+", said)
    assert len(running) > 5
    assert left == []
