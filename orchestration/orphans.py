"""A child process that must not outlive the one that started it, however that ends.

dbt writes the private build and holds the ledger open. A kill -9 of the night alone would leave it
running for minutes, and the next night waiting for it.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

WATCH = """
import os, signal, sys
child = os.pidfd_open(int(sys.argv[1]))
print(flush=True)
sys.stdin.buffer.read()  # ends when the night does, in whatever way
try:
    signal.pidfd_send_signal(child, int(sys.argv[2]))
except ProcessLookupError:
    pass
"""


@contextmanager
def ended_with_us(
    child: "subprocess.Popen[bytes]", *, by: signal.Signals = signal.SIGKILL
) -> Iterator[None]:
    """Have a child ended by a signal when this process ends within the block.

    A third process waits for the end of a pipe of which only this one has the other side. Where the
    system cannot name a process safely (Linux can), nobody watches.
    """
    watch = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCH, str(child.pid), str(int(by))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        if watch.stdout is not None:
            watch.stdout.readline()  # from now on it knows the child
        yield
    finally:
        watch.kill()
        watch.communicate()
