"""The sketch: what is asked for, in the language of the music itself.

A prompt is read twice. The encoder reads its words, and after them the facts that the prompt reader found in them, as
the very events that the answer should hold::

    <compose> a slow waltz in D minor … <midi> TimeSig_3/4 Tempo_72.0 Program_40 Program_0 Pitch_62 Pitch_65 Pitch_69
    Bar_None Pitch_50 Pitch_53 Pitch_57 Bar_None … </midi>

To follow a fact, the decoder then needs no more than to look at an event and repeat it, which a small model learns in
minutes, while "ninety-six", "96 BPM" and "andante" are the reader's affair, who is right without learning. What is not
asked is left out. In order: the metre; the tempo; the programs; the tonic triad of the key above middle C; a bar line
for every bar asked, each followed by its chord, the root lowest, where chords are asked (one a bar, over and over).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .events_midi_text import remi_config
from .facts.analysis import Analysis
from .facts.chord import QUALITIES, Chord
from .facts_midi_text import DRUMS, Key, MusicFacts

MAX_BARS = 64  # more bars than that are the locks' affair
MAX_PROGRAMS = 12
_TEMPO_LIMITS = remi_config()["tempo_range"]
SURE = 0.7  # confidence from which a measured key is worth hearing
_MIDDLE_C, _BASS = 60, 48


@dataclass(frozen=True)
class Sketch:
    """Facts to be heard by the encoder; what is None or empty is not asked.

    Attributes:
        time_signature: Numerator and denominator.
        tempo_bpm: Quarter notes a minute, a whole number from 30 to 250.
        programs: General MIDI programs, 128 for drums.
        key: Tonic and mode.
        bars: Number of bars.
        chords: One a bar, repeated as often as the bars need.
    """

    time_signature: tuple[int, int] | None = None
    tempo_bpm: int | None = None
    programs: tuple[int, ...] = ()
    key: Key | None = None
    bars: int | None = None
    chords: tuple[Chord | None, ...] = ()

    @property
    def events(self) -> list[str]:
        """The events the encoder reads; [] where nothing is asked."""
        out = [] if self.time_signature is None else ["TimeSig_{}/{}".format(*self.time_signature)]
        out += [] if self.tempo_bpm is None else [f"Tempo_{float(self.tempo_bpm)}"]
        out += [f"Program_{-1 if program == DRUMS else program}" for program in self.programs[:MAX_PROGRAMS]]
        if self.key is not None:
            out += _chord(Chord(self.key.tonic, "min" if self.key.mode == "minor" else "maj", 0), _MIDDLE_C)
        for bar in range(min(MAX_BARS, self.bars if self.bars is not None else len(self.chords))):
            out.append("Bar_None")
            if self.chords and (chord := self.chords[bar % len(self.chords)]) is not None:
                out += _chord(chord, _BASS)
        return out


def sketch_of(facts: MusicFacts, analysis: Analysis) -> Sketch:
    """All that a sketch can say of a piece; what changes on the way, or is not sure, is left out."""
    metre = None if facts.metre_changes else facts.time_signature
    low, high = _TEMPO_LIMITS
    tempo = round(facts.tempo_bpm)
    return Sketch(
        time_signature=metre,
        tempo_bpm=tempo if low <= tempo <= high and not facts.tempo_changes else None,
        programs=facts.programs if len(facts.programs) <= MAX_PROGRAMS else (),
        key=facts.key if facts.key_confidence >= SURE else None,
        bars=facts.bars if facts.bars <= MAX_BARS else None,
        chords=_bar_chords(metre, facts.bars, analysis) if metre is not None else (),
    )


def thinned(sketch: Sketch, rng: random.Random) -> Sketch:
    """The sketch of somebody who asks for less: nothing, some of it or, most often, all; chords one time in three."""
    share = rng.choice((0.0, 0.5, 0.8, 1.0, 1.0))

    def kept() -> bool:
        return rng.random() < share

    return Sketch(
        time_signature=sketch.time_signature if kept() else None,
        tempo_bpm=sketch.tempo_bpm if kept() else None,
        programs=tuple(rng.sample(sketch.programs, len(sketch.programs))) if kept() else (),
        key=sketch.key if kept() else None,
        bars=sketch.bars if kept() else None,
        chords=sketch.chords if rng.random() < share / 3 else (),
    )


def _bar_chords(metre: tuple[int, int], bars: int, analysis: Analysis) -> tuple[Chord | None, ...]:
    """The chord that sounds longest in each bar; () where no bar has one."""
    length = 4 * metre[0] / metre[1]
    heard: list[dict[Chord | None, float]] = [{} for _ in range(min(bars, MAX_BARS))]
    for span in analysis.harmony.chords:
        first, last = int(span.start_beat // length), int(-(-span.end_beat // length))
        for bar in range(first, min(last, len(heard))):
            overlap = min(span.end_beat, (bar + 1) * length) - max(span.start_beat, bar * length)
            heard[bar][span.chord] = heard[bar].get(span.chord, 0.0) + overlap
    longest = [max(each, key=lambda chord: each[chord]) if each else None for each in heard]
    return tuple(longest) if any(chord is not None for chord in longest) else ()


def _chord(chord: Chord, octave: int) -> list[str]:
    """The tones of a chord upwards from its root; the bass is left to the locks."""
    return [f"Pitch_{octave + chord.root + interval}" for interval in QUALITIES[chord.quality][0]]


__all__ = ["SURE", "Sketch", "sketch_of", "thinned"]
