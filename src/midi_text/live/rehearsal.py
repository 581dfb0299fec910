"""How well it plays along, measured with a scripted player on the real clock.

The player plays a tune of four bars in one tempo, each onset up to 10 ms early or late, rests while it is answered and
plays again. What is measured:

- onset error: a note's moment on the grid against the moment its message was handed to the port, over all notes sent;
- beat error: the same message against where the note's bar and beat lie on the *player's* beat, so that hearing the
  tempo wrongly shows as well;
- latency: from closing the call to the first note of the answer being known; and when the answer began;
- missed: notes that the model wrote too late to be played.

The MIDI driver and the instrument add their own delay, which no program can measure from inside.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from .jam import JamSettings
from .scheduler import Scheduler, Sounding
from .session import Session, warm_up
from .writer import Writer

TUNE = (  # beats, pitch: "Ode to Joy", its first four bars
    *((beat, pitch) for beat, pitch in enumerate((64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64))),
    (12.0, 64),
    (13.5, 62),
    (14.0, 62),
)
TUNE_BARS, TUNE_BEATS = 4, 4
_JITTER = 0.010  # seconds; good amateurs play within 10 to 20 ms
_AHEAD = 0.5  # seconds before the player begins


@dataclass(frozen=True)
class RehearsalReport:
    """What a rehearsal measured; see the module for what each figure means.

    Attributes:
        seconds: How long it was.
        tempo_asked: The player's tempo.
        tempo_heard: The tempo heard at last.
        answers: Answers begun.
        notes: Notes sent.
        missed: Notes that were too late to be sent.
        onset_error_ms_95: Onset error below which 95 % of the notes lie.
        onset_error_ms_worst: The largest.
        within_20_ms: Share of the notes with an onset error of 20 ms or less.
        beat_error_ms_95: Beat error below which 95 % of the notes lie.
        latency_ms: Median latency.
        latency_ms_worst: The largest.
    """

    seconds: float
    tempo_asked: float
    tempo_heard: float | None
    answers: int
    notes: int
    missed: int
    onset_error_ms_95: float | None
    onset_error_ms_worst: float | None
    within_20_ms: float | None
    beat_error_ms_95: float | None
    latency_ms: float | None
    latency_ms_worst: float | None

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return asdict(self)


class ScriptedPlayer:
    """Plays the tune, rests as long, and plays it again, on the real clock.

    Args:
        tempo_bpm: Its tempo.
        seconds: How long it plays.
        seed: Of its unsteadiness.
    """

    def __init__(self, tempo_bpm: float, seconds: float, seed: int = 0) -> None:
        self._came: list[bytes] = []
        self.scheduler = Scheduler(self._came.append)
        self.start = time.perf_counter() + _AHEAD
        self.beat = 60 / tempo_bpm
        rng = random.Random(seed)
        turn = TUNE_BARS * TUNE_BEATS * self.beat
        for call in range(int(seconds / (2 * turn)) + 1):
            for beats, pitch in TUNE:
                at = self.start + 2 * turn * call + beats * self.beat + rng.uniform(-_JITTER, _JITTER) * (beats > 0)
                self.scheduler.play(Sounding(at, at + 0.4 * self.beat, pitch, rng.randint(70, 90), 0))

    def pending(self) -> list[bytes]:
        """What it has played since the last call."""
        count = len(self._came)
        came, self._came[:count] = self._came[:count], []
        return came


def rehearse(
    writer: Writer, settings: JamSettings, seconds: float, say: Callable[[str], None], tempo_bpm: float = 112
) -> RehearsalReport:
    """Plays along with the scripted player, in real time.

    Args:
        writer: Writes the answers.
        settings: How to play along; the tune has turns of four bars of 4/4.
        seconds: How long.
        say: Takes remarks.
        tempo_bpm: The player's tempo; it is heard, unless the settings fix it.
    """
    warm_up(writer, settings)
    session = Session(settings, writer, lambda message: None, say)
    player = ScriptedPlayer(tempo_bpm, seconds)
    stop = player.start + seconds
    player.scheduler.start()
    try:
        session.run(player, lambda now: now >= stop)
    finally:
        player.scheduler.close()
    sent = [(note.start, note.sent) for note in session.scheduler.played if note.sent is not None]
    asked, played = np.array(sent).reshape(-1, 2).T
    off = 1000 * np.abs(played - asked)
    latencies = 1000 * np.array(session.writing.latencies)
    jam = session.jam
    bars = np.array([jam.timeline.bar_at(moment) for moment in asked])
    astray = 1000 * np.abs(played - (player.start + bars * TUNE_BEATS * player.beat))
    return RehearsalReport(
        seconds,
        tempo_bpm,
        round(jam.timeline.now.tempo_bpm, 2) if jam.timeline else None,
        jam.figures.answers,
        len(off),
        jam.figures.missed,
        _figure(off, 95),
        _figure(off, 100),
        round(float((off <= 20).mean()), 4) if len(off) else None,
        _figure(astray, 95),
        _figure(latencies, 50),
        _figure(latencies, 100),
    )


def _figure(values: np.ndarray, percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 2) if len(values) else None
