"""Notes leave at their moment, and every note that was begun is ended.

A heap of notes by absolute time; one thread waits for the first of them on a condition until a millisecond or two
before, then yields until the moment has come: waiting alone wakes up late on a busy machine, spinning alone would keep
the model from writing. The thread never waits for the model. A note that is known only after its moment is refused:
a rest in time is better than a note out of time.

No note can be left sounding: an off is kept for everything sent, `close` sends what is still due and then "all notes
off" on every channel used. Only a process that is killed outright, or a port that is gone, escapes that.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from .phrase import DRUM_CHANNEL
from .stream import DRUMS

SPIN = 0.0015  # seconds before its moment from which a note is waited for awake; Linux wakes a thread in under 1 ms
LATE = 0.015  # seconds after its moment when a note is still begun: nobody hears it as late
_CHANNELS = [channel for channel in range(16) if channel != DRUM_CHANNEL]
_ALL_NOTES_OFF, _ALL_SOUND_OFF = 123, 120  # channel mode messages of the MIDI 1.0 specification


@dataclass
class Sounding:
    """A note given to the scheduler.

    Attributes:
        start: Second at which it was asked to begin.
        end: Second at which it ends.
        pitch: 0..127.
        velocity: 1..127.
        program: General MIDI program, 128 for drums.
        sent: Second at which it was sent; None before.
        channel: On which; -1 before.
    """

    start: float
    end: float
    pitch: int
    velocity: int
    program: int
    sent: float | None = None
    channel: int = -1


class Scheduler:
    """Sends notes through a port.

    Args:
        send: Takes one MIDI message as bytes.
        clock: Seconds, never going back.

    Attributes:
        played: Notes that were begun.
        error: What the port raised; nothing is sent after it.
    """

    def __init__(self, send: Callable[[bytes], None], clock: Callable[[], float] = time.perf_counter) -> None:
        self._send, self.clock = send, clock
        self.played: list[Sounding] = []
        self.error: Exception | None = None
        self._due: list[tuple[float, int, int, Sounding]] = []  # time, 0 for an end and 1 for a start, order, note
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._sounding: dict[tuple[int, int], Sounding] = {}
        self._programs: dict[int, int] = {}  # of each channel used, least recently used first
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to send in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="midi-text-scheduler", daemon=True)
        self._thread.start()

    def play(self, note: Sounding) -> bool:
        """Takes a note; False if its moment has passed or the scheduler is closed."""
        with self._wake:
            if self._closed or self.error or note.start < self.clock() - LATE:
                return False
            heapq.heappush(self._due, (note.start, 1, next(self._order), note))
            self._wake.notify()
        return True

    def cancel_from(self, moment: float) -> None:
        """Forgets the notes that would begin at `moment` or later; those that sound go on to their end."""
        with self._wake:
            self._due = [entry for entry in self._due if entry[1] == 0 or entry[0] < moment]
            heapq.heapify(self._due)

    def send_due(self, now: float) -> float | None:
        """Sends what is due at `now`; the moment of the next, None if there is none."""
        with self._wake:
            while self._due and self._due[0][0] <= now:
                _, starts, _, note = heapq.heappop(self._due)
                if starts:
                    self._begin(note)
                elif self._sounding.get((note.channel, note.pitch)) is note:
                    self._end(note)
            return self._due[0][0] if self._due else None

    def close(self) -> None:
        """Stops, and silences everything; may be called twice."""
        with self._wake:
            self._closed = True
            self._due.clear()
            self._wake.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        with contextlib.suppress(Exception):  # a port that is gone cannot be silenced
            for note in list(self._sounding.values()):
                self._end(note)
            for channel in self._programs:
                for mode in (_ALL_NOTES_OFF, _ALL_SOUND_OFF):
                    self._send(bytes((0xB0 | channel, mode, 0)))
        self._programs.clear()

    def _run(self) -> None:
        try:
            while not self._closed:
                moment = self.send_due(self.clock())
                with self._wake:
                    if self._closed:
                        return
                    moment = self._due[0][0] if self._due else moment
                    rest = None if moment is None else moment - self.clock() - SPIN
                    if rest is None or rest > 0:
                        self._wake.wait(rest)
                        continue
                while moment is not None and self.clock() < moment and not self._closed:
                    time.sleep(0)
        except Exception as error:
            self.error = error

    def _begin(self, note: Sounding) -> None:
        note.channel = self._channel(note.program)
        same = self._sounding.get((note.channel, note.pitch))
        if same is not None:
            self._end(same)
        self._sounding[note.channel, note.pitch] = note  # before it is sent: it must be ended whatever happens
        self._send(bytes((0x90 | note.channel, note.pitch, note.velocity)))
        note.sent = self.clock()
        self.played.append(note)
        heapq.heappush(self._due, (note.end, 0, next(self._order), note))

    def _end(self, note: Sounding) -> None:
        self._send(bytes((0x80 | note.channel, note.pitch, 0)))
        self._sounding.pop((note.channel, note.pitch), None)
        note.end = min(note.end, self.clock())

    def _channel(self, program: int) -> int:
        """The channel that plays a program, told to if it did not before; the least recently used silent one else."""
        channel = next((c for c, known in self._programs.items() if known == program), None)
        if channel is None:
            busy = {channel for channel, _ in self._sounding}
            free = [c for c in _CHANNELS if c not in self._programs]
            free += [c for c in self._programs if c not in busy and c != DRUM_CHANNEL]
            channel = DRUM_CHANNEL if program == DRUMS else (free or _CHANNELS)[0]
            if program != DRUMS:
                self._send(bytes((0xC0 | channel, program)))
        self._programs.pop(channel, None)
        self._programs[channel] = program
        return channel
