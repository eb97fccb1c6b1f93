"""Workers do not outlive the process that began them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import multiprocessing, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from facereason.processes import end_with_parent

def pause():
    time.sleep(1.0)
    return os.getpid()


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with ProcessPoolExecutor(2, context, initializer=end_with_parent) as pool:
        held = [pool.submit(pause) for _ in range(2)]
        print(*{each.result() for each in held}, flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="tells workers by /proc")
@pytest.mark.parametrize("way", ["spawn", "fork"])
def test_workers_of_a_killed_process_end(tmp_path: Path, way: str) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script, way], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        workers = [int(pid) for pid in process.stdout.readline().split()]
        assert len(workers) == 2
        assert all(running(pid) for pid in workers)
        process.send_signal(signal.SIGKILL)
        end = time.monotonic() + 30
        while any(running(pid) for pid in workers):
            assert time.monotonic() < end
            time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
