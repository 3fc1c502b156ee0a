"""The `vezne` command in processes that begin within milliseconds, for tests that kill them.

A server process loads the program once and forks for every command, as `multiprocessing` does.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from random import Random

from fakes.databases import data_of, environment_of
from fakes.server import wait_until

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["fakes.commands_to_kill", "vezne.cli.app", "vezne.cli.cards"])


def start_vezne(*arguments: str) -> BaseProcess:
    """Begin a command."""
    environment = environment_of(data_of(arguments))
    process = _context.Process(target=_run, args=(arguments, environment))
    process.start()
    return process


def finish_vezne(*arguments: str) -> int:
    """Run a command to its end; returns its exit status."""
    process = start_vezne(*arguments)
    process.join(300)
    status = process.exitcode
    process.close()
    assert status is not None, "the command idles"
    return status


def kill_after(progress: Callable[[], int], more: int, dice: Random, *arguments: str) -> bool:
    """Begin a command and kill it at a random moment once it has done so much more.

    False when it had come to its end before.
    """
    before = progress()
    process = start_vezne(*arguments)
    wait_until(lambda: progress() >= before + more or process.exitcode is not None, 300)
    process.join(dice.uniform(0, 0.05))
    process.kill()
    process.join()
    was_killed = process.exitcode == -signal.SIGKILL
    process.close()
    return was_killed


def _run(arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    """In the process: all that it prints goes nowhere."""
    os.environ.update(environment)
    from vezne.cli.app import main

    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    sys.argv = ["vezne", *arguments]
    main()
