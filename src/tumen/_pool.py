"""Processes that leave Ctrl-C to the parent: none shows a traceback of its own, and all end with it or before.

They are started afresh (`spawn`) as work is handed in; hand it in within `without_interrupts`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

__all__ = ["executor", "pool", "processors", "without_interrupts"]


@contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes to work in. Where the block is left by an error or Ctrl-C, they are ended at once, whatever they do."""
    import multiprocessing

    others = set(multiprocessing.active_children())
    made = executor(workers)
    try:
        yield made
    except BaseException:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        made.shutdown(cancel_futures=True)
        raise
    made.shutdown()


def executor(workers: int) -> ProcessPoolExecutor:
    """Processes to hand work to, each started afresh."""
    import multiprocessing

    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


def processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C while processes are started, and from them for good; it is raised when they are."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    met: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: met.append(number))
    try:
        with _blocked_interrupts():
            yield
    finally:
        signal.signal(signal.SIGINT, before)
    if met:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def _blocked_interrupts() -> Iterator[None]:
    """Block Ctrl-C in this thread, where that is possible: a process started meanwhile has it blocked too."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """In a new process: leave stopping to the parent, and end when the parent does."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
