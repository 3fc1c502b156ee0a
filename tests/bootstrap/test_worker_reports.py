"""What a worker says to its supervisor, and what is left when none can be started."""

import os
import subprocess
import sys

import msgspec

from vezne.bootstrap.worker import Report, Worker
from vezne.edge.server import Urls

REPORT = Report([Urls("http://127.0.0.1:1", None)])

# Nobody of this user may start a process, and then nobody may open a file.
_NO_FORK = """
import os, resource, signal
from vezne.bootstrap.worker import fork_worker
if os.getuid() == 0:
    os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
def tried(files_max):
    resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, 4096))
    try:
        fork_worker(None, 0, {}, is_first=True, let_go=None)
    except OSError as error:
        return error.strerror
def opened():
    return sorted(os.listdir("/proc/self/fd"))
before = opened()
said = [tried(4096), tried(len(before) + 2)]
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
print(said, opened() == before, signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""


def test_a_report_comes_once_and_signs_of_life_follow():
    """In pieces of any size; every one of them says that it is not silent."""
    reader, writer = os.pipe()
    worker = Worker(0, os.getpid(), reader, -1)
    said = msgspec.json.encode(REPORT) + b"\n"
    os.write(writer, said[:9])
    assert worker.listen() is None
    os.write(writer, said[9:] + b".")
    assert worker.listen() == REPORT
    worker.silent_looks = 4
    os.write(writer, b"...")
    assert worker.listen() is None
    assert worker.silent_looks == 0
    os.close(writer)
    assert worker.listen() is None
    assert worker.report_file == -1
    worker.close()


def test_a_worker_that_cannot_be_forked_leaves_nothing():
    """No open files, and no signal that the supervisor would never hear again."""
    done = subprocess.run(
        [sys.executable, "-c", _NO_FORK], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.stderr == ""
    assert "'Resource temporarily unavailable', 'Too many open files'] True set()" in done.stdout
