"""A session from the first note to silence: listens, decides, plays, and always ends with every note off.

One thread listens and decides, every two milliseconds; one sends notes at their moments; one writes. Python hands its
lock from thread to thread every 5 ms; here every 0.5, so that a note does not wait for the model.
"""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from .jam import Jam, JamSettings
from .scheduler import Scheduler
from .writer import Turn, Writer, WritingThread

_PAUSE = 0.002  # seconds between two looks at the input: what an onset may be misread by
_SWITCH = 0.0005


class Source(Protocol):
    """What a session listens to."""

    def pending(self) -> list[bytes]:
        """The messages that have come since the last call."""


class Session:
    """Everything that plays along, ready to run.

    Args:
        settings: How to play along.
        writer: Writes the answers.
        send: Takes a MIDI message; called in a thread of its own.
        say: Takes remarks for the player.

    Attributes:
        jam: Who plays when.
        scheduler: What sends.
        writing: What writes.
        words: New words are put here, from any thread.

    Raises:
        ValueError: If the words ask what cannot be held.
    """

    def __init__(
        self, settings: JamSettings, writer: Writer, send: Callable[[bytes], None], say: Callable[[str], None]
    ) -> None:
        self.scheduler, self.writing = Scheduler(send), WritingThread(writer)
        self.words: queue.SimpleQueue[str] = queue.SimpleQueue()
        try:
            self.jam = Jam(settings, self.writing, self.scheduler, say)
        except ValueError:
            self.writing.close()
            raise

    def run(self, source: Source, over: Callable[[float], bool] = lambda now: False) -> None:
        """Plays until `over` says so, or an exception (Ctrl-C among them) ends it; then all is silent.

        Raises:
            LivePortError: If a port is gone.
        """
        clock = time.perf_counter
        with _quick_threads():
            self.scheduler.start()
            try:
                while not over(clock()):
                    for message in source.pending():
                        self.jam.hear(message, clock())
                    while not self.words.empty():
                        self.jam.steer(self.words.get(), clock())
                    self.jam.advance(clock())
                    time.sleep(_PAUSE)
            finally:
                self.scheduler.close()
                self.writing.close()


def warm_up(writer: Writer, settings: JamSettings) -> float:
    """Writes a bar to nothing, so that tables are built before they are needed; seconds to its first note."""
    metre = settings.metre or (4, 4)
    seconds: list[float] = []
    for _ in range(2):  # the first builds, the second is as quick as what follows
        begun = time.perf_counter()
        came: list[float] = []
        turn = Turn(settings.words, (), 0, 0, 2, settings.tempo_bpm or 120, metre)
        writer.write(turn, lambda _, came=came: came.append(time.perf_counter()), lambda came=came: not came)  # type: ignore[misc]
        seconds.append((came[0] if came else time.perf_counter()) - begun)
    return seconds[-1]


@contextmanager
def _quick_threads() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
