"""What a process makes of SIGHUP: with its terminal, without one, and under `nohup`."""

import asyncio
import os
import pty
import signal
import subprocess
import sys

import pytest

from vezne.bootstrap.hangup import Hangup, at_hangups, expect_hangups

_WITH_TERMINAL = """
import fcntl, signal, sys, termios
from vezne.bootstrap.hangup import Hangup
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1]))
hangup = Hangup()
signal.signal(signal.SIGHUP, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
print(hangup.is_end, flush=True)
signal.sigwait([signal.SIGHUP])
print(hangup.is_end, flush=True)
"""


@pytest.fixture
def kept_answer():
    """What answers SIGHUP in this process is the same afterwards."""
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(("before", "is_end"), [("SIG_DFL", "True"), ("SIG_IGN", "False")])
def test_the_end_of_the_terminal_is_ours_without_nohup(before, is_end):
    """And as long as the terminal is there, the signal means something else."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _WITH_TERMINAL, before],
        stdin=theirs,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        assert process.stdout is not None
        assert process.stdout.readline() == "False\n"
        os.close(ours)
        assert process.stdout.readline() == f"{is_end}\n"


async def test_things_are_read_anew_at_the_signal(kept_answer):
    """Nobody leaves; before and after that the signal is nobody's end."""
    hangup, heard = expect_hangups(), asyncio.Event()
    os.kill(os.getpid(), signal.SIGHUP)
    with at_hangups(hangup, pytest.fail, heard.set):
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(heard.wait(), 5)
    os.kill(os.getpid(), signal.SIGHUP)


class _Gone(Hangup):
    """With a terminal that has gone."""

    is_end = True


async def test_a_process_leaves_with_its_terminal(kept_answer):
    """Nothing is read anew then."""
    left = asyncio.Event()
    with at_hangups(_Gone(), left.set, pytest.fail):
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(left.wait(), 5)
