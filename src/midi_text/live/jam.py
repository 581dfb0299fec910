"""Who plays when: the player calls for some bars, we answer for as many, or we go on while the player plays.

`Jam` is told what comes in (`hear`, `steer`) and what time it is (`advance`); it keeps the beat, closes a call shortly
before its last bar line (so that the answer is ready on it), asks for the answer and gives its notes to the scheduler.
All its decisions are made of the times it is told, so it can be played through without a clock.

The beat is the player's: the first onset is a bar line, tempo and phase are fitted to the onsets of every call. Where
the tempo is fixed, by argument or by words that state one, only the first onset counts. New words change what comes
from the next bar line on that can still be reached. Where the model is late, its notes are left out: the answer rests
in time.
"""

from __future__ import annotations

import math
import statistics
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
import symusic

from ..prompt_midi_text import read_prompt
from .grid import Grid, Timeline
from .phrase import Heard, Listener, quantise, recording
from .scheduler import Scheduler, Sounding
from .stream import LiveNote
from .tempo import estimate_tempo, fit_grid
from .writer import Turn, WritingThread, read_words

_FORGET = 4.0  # seconds of silence after which onsets that gave no tempo are forgotten
_STATED = 1.12  # a range of tempi as narrow as this is a stated tempo ("about 100")
_EARLY = 0.25  # beats before a bar line within which an onset belongs to the bar that begins
_LEADS = (0.15, 0.4, 1.0)  # seconds before a bar line at which a call is closed: least, at first, most


@dataclass(frozen=True)
class JamSettings:
    """How to play along.

    Attributes:
        words: The first prompt; may be empty.
        turn_bars: Bars of a call and of an answer.
        tempo_bpm: Quarter notes a minute; None hears it from the player.
        metre: Of all bars; None takes the words', or 4/4.
        accompany: Go on while the player plays, after the first call.
        memory_bars: Bars that an answer goes on from.
        seed: Of the sampling.

    Raises:
        ValueError: If a number is out of range.
    """

    words: str = ""
    turn_bars: int = 4
    tempo_bpm: float | None = None
    metre: tuple[int, int] | None = None
    accompany: bool = False
    memory_bars: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.turn_bars <= 16:
            raise ValueError(f"turn_bars must be from 1 to 16; got {self.turn_bars}")
        if self.tempo_bpm is not None and not 30 <= self.tempo_bpm <= 250:
            raise ValueError(f"tempo_bpm must be from 30 to 250; got {self.tempo_bpm}")
        if self.memory_bars < self.turn_bars:
            raise ValueError(
                f"memory_bars must be at least turn_bars, {self.turn_bars}, to hold the call; got {self.memory_bars}"
            )


class State(Enum):
    """Whose turn it is."""

    LISTENING = "waiting for the player"
    CALL = "the player's turn"
    ANSWER = "our turn"


@dataclass
class Figures:
    """What happened.

    Attributes:
        answers: Answers begun.
        missed: Notes that came too late to be played.
    """

    answers: int = 0
    missed: int = 0


class Jam:
    """One session.

    Args:
        settings: How to play along.
        writing: Writes the answers.
        scheduler: Plays them.
        say: Takes remarks for the player.

    Attributes:
        state: Whose turn it is.
        timeline: Where bars lie.
        listener: What the player has played.
        figures: What happened.

    Raises:
        ValueError: If the words ask what cannot be held.
    """

    def __init__(
        self, settings: JamSettings, writing: WritingThread, scheduler: Scheduler, say: Callable[[str], None]
    ) -> None:
        self.settings, self._writing, self._scheduler, self._say = settings, writing, scheduler, say
        self.state, self.timeline, self.listener, self.figures = State.LISTENING, Timeline(), Listener(), Figures()
        self.words = settings.words
        self.metre = settings.metre or read_prompt(settings.words).time_signature or (4, 4)
        asked = read_words(settings.words, self.metre).ask
        self._bounds = asked.tempo_bpm if settings.tempo_bpm is None else (settings.tempo_bpm, settings.tempo_bpm)
        self._from = 0.0  # onsets before do not begin a call
        self._call = self._start = self._end = 0  # bars: of the call, of the answer, after the turn
        self._estimated = 0  # onsets that the tempo was heard from
        self._planned: list[LiveNote] = []
        self._turn = 0
        self._lock = threading.Lock()  # notes arrive from the writing thread
        self._told_late = False

    # -- what comes in -------------------------------------------------------------------------------------------

    def hear(self, message: bytes, at: float) -> None:
        """Takes in one message of the player."""
        self.listener.hear(message, at)

    def steer(self, words: str, at: float) -> None:
        """New words: they hold from the next bar line that an answer can still be ready for."""
        try:
            ask = read_words(words, self.metre).ask
        except ValueError as error:
            self._say(f"not changed: {error}")
            return
        self.words = words
        if self.settings.tempo_bpm is None:
            self._bounds = ask.tempo_bpm
        if read_prompt(words).time_signature not in (None, self.metre):
            self._say("the metre stays {}/{} until the next session".format(*self.metre))
        bar = self._reachable(at) if self.timeline else 0
        if self.state is not State.ANSWER or bar >= self._end:
            self._say("from the next answer on")
            return
        bar = max(bar, self._start)
        with self._lock:
            self._turn += 1  # what is still being written comes to nothing
        self._scheduler.cancel_from(self.timeline.time_of(bar) - 1e-6)
        if self._bounds:
            self._change_tempo(bar, float(np.clip(self.timeline.now.tempo_bpm, *self._bounds)))
        self._say(f"from bar {bar + 1} on")
        self._write(bar, at)

    # -- as time goes on -----------------------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Does what is due; to be called every few milliseconds.

        Raises:
            Exception: What the port or the writer raised.
        """
        if self._scheduler.error is not None:
            raise self._scheduler.error
        error, self._writing.error = self._writing.error, None
        if isinstance(error, ValueError):  # these words, in so few bars; others may do
            self._say(f"no answer: {error}")
        elif error is not None:
            raise error
        if self.state is State.LISTENING:
            fresh = self.listener.since(self._from)
            if fresh:
                self._begin_call(fresh[0].start)
        elif self.state is State.CALL:
            self._follow_call(now)
        elif self.settings.accompany and now >= self.timeline.time_of(self._end) - self.lead:
            if self.listener.since(self.timeline.time_of(self._start)):
                self._begin_answer(self._end, now)
            else:
                self._stop_answering()
        elif now >= self.timeline.time_of(self._end):
            self._stop_answering()

    @property
    def lead(self) -> float:
        """Seconds before a bar line at which an answer is asked for: half as much again as the last ones took."""
        least, first, most = _LEADS
        recent = self._writing.latencies[-8:]
        return min(most, max(least, 1.5 * statistics.median(recent))) if recent else first

    def recording(self, now: float) -> symusic.Score | None:
        """What both played as a score, None where nobody did."""
        ours = [
            Heard(note.sent, note.pitch, note.velocity, note.program, note.end)
            for note in self._scheduler.played
            if note.sent is not None
        ]
        return recording({"player": self.listener.notes, "midi-text": ours}, self.timeline, now)

    # -- calls ---------------------------------------------------------------------------------------------------

    def _begin_call(self, onset: float) -> None:
        self.state, self._estimated = State.CALL, 0
        if not self.timeline:
            self._call = 0
            if self._bounds and _is_stated(self._bounds):
                self.timeline.add(Grid(onset, 0, sum(self._bounds) / 2, self.metre))
        else:
            place = self.timeline.bar_at(onset)
            self._call = math.floor(place + _EARLY / self.metre[0])
            if place - self._end > 1:  # nothing has sounded for a bar: the player's onset is a new bar line
                self._call = math.ceil(place)
                self.timeline.add(Grid(onset, self._call, self.timeline.now.tempo_bpm, self.metre))
        self._end = self._call + self.settings.turn_bars

    def _follow_call(self, now: float) -> None:
        onsets = np.array([note.start for note in self.listener.since(self._from)])
        if not self._fixed and self.figures.answers == 0 and len(onsets) != self._estimated:
            self._estimated = len(onsets)
            tempo = estimate_tempo(onsets, self.metre, self._bounds)
            if tempo is not None:
                first = Grid(float(onsets[0]), 0, tempo, self.metre)
                self.timeline.add(fit_grid(first, onsets))
        if not self.timeline:
            if now - onsets[-1] > _FORGET:
                self._say("too few notes to hear a tempo: play on, or name one")
                self.state, self._from = State.LISTENING, now
            return
        if now < self.timeline.time_of(self._end) - self.lead:
            return
        if not self._fixed:
            self._refit(onsets)
        self._begin_answer(max(self._end, self._reachable(now)), now)

    @property
    def _fixed(self) -> bool:
        return self._bounds is not None and _is_stated(self._bounds)

    def _refit(self, onsets: np.ndarray) -> None:
        """Moves the beat to where the player has put it in this call."""
        old = self.timeline.now
        here = Grid(self.timeline.time_of(self._call), self._call, old.tempo_bpm, self.metre)
        self.timeline.add(fit_grid(here, onsets))

    def _change_tempo(self, bar: int, tempo: float) -> None:
        if abs(tempo - self.timeline.now.tempo_bpm) > 0.5:
            self.timeline.add(Grid(self.timeline.time_of(bar), bar, tempo, self.metre))

    def _reachable(self, now: float) -> int:
        """The first bar whose bar line an answer asked for now would be ready on; what is nearly ready counts."""
        return math.ceil(self.timeline.bar_at(now + 0.6 * self.lead))

    # -- answers -------------------------------------------------------------------------------------------------

    def _begin_answer(self, bar: int, now: float) -> None:
        self.state, self._start, self._end = State.ANSWER, bar, bar + self.settings.turn_bars
        if self._bounds:
            self._change_tempo(bar, float(np.clip(self.timeline.now.tempo_bpm, *self._bounds)))
        self.figures.answers += 1
        self._told_late = False
        self._say(f"bars {bar + 1}-{self._end}, {self.timeline.now.tempo_bpm:.0f} BPM")
        self._write(bar, now)

    def _stop_answering(self) -> None:
        self.state = State.LISTENING
        beat = self.timeline.now.quarter_seconds * 4 / self.metre[1]
        self._from = self.timeline.time_of(self._end) - _EARLY * beat

    def _write(self, bar: int, now: float) -> None:
        with self._lock:
            self._turn += 1
            number = self._turn
            self._planned = [note for note in self._planned if bar - self.settings.memory_bars <= note.bar < bar]
            ours = tuple(self._planned)
        since = self.timeline.time_of(bar - self.settings.memory_bars - 1)
        first = max(0, bar - self.settings.memory_bars)
        theirs = quantise(self.listener.since(since), self.timeline, now)
        turn = Turn(
            self.words,
            (*(note for note in theirs if first <= note.bar < bar), *ours),
            first,
            bar,
            self._end,
            self.timeline.now.tempo_bpm,
            self.metre,
            self.settings.seed + number,
            not self.settings.accompany,
        )
        self._writing.start(turn, lambda note: self._schedule(note, number))

    def _schedule(self, note: LiveNote, number: int) -> None:
        with self._lock:
            if number != self._turn:
                return
            start = self.timeline.time_of(note.bar, note.position)
            end = self.timeline.time_of(note.bar, note.position + note.length)
            if not self.settings.accompany:
                end = min(end, self.timeline.time_of(self._end))  # the player's turn begins in silence
            if self._scheduler.play(Sounding(start, end, note.pitch, note.velocity, note.program)):
                self._planned.append(note)
                return
            self.figures.missed += 1
        if not self._told_late:
            self._told_late = True
            self._say("the model is late: resting until it has caught up")


def _is_stated(bounds: tuple[float, float]) -> bool:
    return bounds[1] <= _STATED * bounds[0]
