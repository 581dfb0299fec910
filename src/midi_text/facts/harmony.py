"""Chords and what they make: progressions, loops, cadences.

The chords are found in `chords`, what they do in a row in `progressions`, how they close in `cadences`; here they come
together, and the traits are decided. Every trait has a rule that holds only where a musician would say so: a loop must
carry the piece, a pedal must outlast chords that are foreign to it. Loops and numerals leave inversions out.

Source: those modules; the thresholds of the traits are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..key_midi_text import Key
from .cadences import Cadence, cadence_kind
from .chord import QUALITIES, Chord, roman_numerals
from .chords import ChordSpan, Grid, Sound, beat_grid, chord_spans, find_chords, measure_sound
from .form import Form
from .keys import Tonality
from .progressions import Loop, falling_fifths, find_loop, has_pedal_point, is_blues
from .view import View

_CARRIES = 0.6  # share of the bars that a loop must cover to be what a piece is built on
_SEVENTHS = 0.4  # share of the time with chords
_FIFTHS = 0.15  # share of the chords
_SURE = 0.8  # confidence of the key from which IV I is told from I V
_NEAR = 1e-3  # quarter notes within which a chord begins on a bar line
_FAST, _SLOW = 1.5, 8.0  # quarter notes that a chord lasts on average
_FAST_SECONDS, _SLOW_SECONDS = 1.2, 4.0


@dataclass(frozen=True)
class Harmony:
    """The chords of a piece.

    Attributes:
        chords: Spans in order without gaps, neighbours differ; at most one a beat; () without pitched notes.
        loop: The most repeated progression, one chord each change, two to eight chords in at most 16 bars, whose
            rounds, at least two in a row each time, cover a quarter of the bars with chords or more; () if none does.
        loop_repeats: How many full rounds of it there are.
        cadences: At the ends of sections, in the key of that place: where the last two chords are a close.
        traits: Of `TRAITS["harmony"]`:
            "repeated chord loop": the loop's rounds, three or more, cover at least 0.6 of the bars with chords.
            "seventh chords": at least 0.4 of the time with chords is in chords with a seventh, on three roots or more.
            "circle of fifths": at least 0.15 of the chords stand in runs of five different roots or more, each a fifth
            below the last.
            "twelve-bar blues": twelve bars in a row stand, for three quarters of each, on I I/IV I I IV IV I I V IV/V
            I I/V.
            "pedal point": one bass note lasts three bars and eight beats or more under three chords or more, of which
            two beats or more are foreign to it.
            "authentic cadence at the end", "half cadence at the end", "plagal cadence at the end": the kind of the last
            cadence, where it ends the piece; the last two where the key of the piece is at least 0.8 certain, since
            I V in one key is IV I in another.
            "fast harmonic rhythm": chords last at most 1.5 quarter notes and 1.2 seconds on average.
            "slow harmonic rhythm": chords last at least 8 quarter notes and 4 seconds on average, in 8 bars or more.
    """

    chords: tuple[ChordSpan, ...]
    loop: tuple[Chord, ...]
    loop_repeats: int
    cadences: tuple[Cadence, ...]
    traits: tuple[str, ...]

    @cached_property
    def progression(self) -> tuple[Chord, ...]:
        """The chords in order, one each change, without inversions."""
        roots = [replace(s.chord, bass=s.chord.root) for s in self.chords if s.chord]
        return tuple(c for i, c in enumerate(roots) if not i or c != roots[i - 1])

    def numerals(self, key: Key) -> tuple[str, ...]:
        """The progression as Roman numerals of a key, such as ("I", "V7/V", "V7")."""
        return roman_numerals(self.progression, key)

    def transposed(self, semitones: int) -> Harmony:
        """The same, `semitones` higher."""
        return replace(
            self,
            chords=tuple(replace(s, chord=s.chord and s.chord.transposed(semitones)) for s in self.chords),
            loop=tuple(c.transposed(semitones) for c in self.loop),
        )


def measure_harmony(view: View, tonality: Tonality, form: Form | None = None) -> Harmony:
    """The chords of a piece and what they make.

    Args:
        view: The piece.
        tonality: Its keys.
        form: Its sections; cadences are looked for at their ends, at the end of the piece alone without.
    """
    if not len(view.pitched):
        return Harmony((), (), 0, (), ())
    grid = beat_grid(view)
    sound = measure_sound(view, grid)
    found = find_chords(sound, grid, _keys_by_bar(view, tonality))
    spans = chord_spans(view, grid, sound, found)
    loop = find_loop(grid, found, view.facts.key)
    ends = [section.first_bar + section.bars for section in form.sections] if form else []
    cadences = _cadences(view, spans, tonality, sorted({*ends, view.bars}))
    harmony = Harmony(spans, loop.chords if loop else (), loop.repeats if loop else 0, cadences, ())
    return replace(harmony, traits=_traits(view, harmony, grid, sound, found, loop))


def _keys_by_bar(view: View, tonality: Tonality) -> tuple[Key | None, ...]:
    """The key of every bar."""
    keys: list[Key | None] = [view.facts.key] * view.bars
    for span in tonality.spans:
        keys[span.first_bar : span.end_bar] = [span.key] * (span.end_bar - span.first_bar)
    return tuple(keys)


def _cadences(view: View, spans: tuple[ChordSpan, ...], tonality: Tonality, ends: list[int]) -> tuple[Cadence, ...]:
    """The cadences before some bar lines."""
    sounding = [span for span in spans if span.chord is not None]
    starts = np.array([span.start_beat for span in sounding])
    lines = view.beats(view.bar_lines)
    keys = _keys_by_bar(view, tonality)
    found = []
    for end in ends:
        upto = int(np.searchsorted(starts, lines[end] - _NEAR))
        chords = [span.chord for span in sounding[max(upto - 2, 0) : upto] if span.chord is not None]
        key = keys[end - 1]
        if len(chords) < 2 or key is None:
            continue
        last = sounding[upto - 1]
        bar = _bar_at(view, last.start_beat)
        kind = cadence_kind(chords, key) if last.end_beat > lines[end - 1] else None
        if kind:
            found.append(Cadence(bar, kind))
    return tuple(dict.fromkeys(found))  # an end within a long last chord is no second close


def _traits(
    view: View, harmony: Harmony, grid: Grid, sound: Sound, found: np.ndarray, loop: Loop | None
) -> tuple[str, ...]:
    """The traits that hold, in the order of `TRAITS`."""
    timed = [(span.chord, span.end_beat - span.start_beat) for span in harmony.chords if span.chord]
    total = sum(length for _, length in timed)
    if not timed:
        return ()
    sevenths = [(chord.root, length) for chord, length in timed if _has_seventh(chord)]
    richness = sum(length for _, length in sevenths) / total if len({root for root, _ in sevenths}) >= 3 else 0.0
    beats, seconds = total / len(timed), view.facts.duration_seconds / len(timed)
    ending = harmony.cadences[-1].kind if harmony.cadences and _at_the_end(view, harmony) else ""
    rules = {
        "repeated chord loop": loop is not None and loop.repeats >= 3 and loop.covered >= _CARRIES,
        "seventh chords": richness >= _SEVENTHS,
        "circle of fifths": falling_fifths(harmony.progression) >= _FIFTHS,
        "twelve-bar blues": is_blues(grid, found, view.facts.key),
        "pedal point": has_pedal_point(grid, found, sound),
        "authentic cadence at the end": ending == "authentic",
        "half cadence at the end": ending == "half" and view.facts.key_confidence >= _SURE,
        "plagal cadence at the end": ending == "plagal" and view.facts.key_confidence >= _SURE,
        "fast harmonic rhythm": beats <= _FAST and seconds <= _FAST_SECONDS,
        "slow harmonic rhythm": beats >= _SLOW and seconds >= _SLOW_SECONDS and view.bars >= 8,
    }
    return tuple(name for name, holds in rules.items() if holds)


def _has_seventh(chord: Chord) -> bool:
    intervals = QUALITIES[chord.quality][0]
    return 10 in intervals or 11 in intervals or chord.quality == "dim7"


def _at_the_end(view: View, harmony: Harmony) -> bool:
    """Whether the last cadence is made by the last chord of the piece."""
    last = [span for span in harmony.chords if span.chord][-1]
    return harmony.cadences[-1].bar == _bar_at(view, last.start_beat)


def _bar_at(view: View, beat: float) -> int:
    return int(np.searchsorted(view.beats(view.bar_lines), beat + _NEAR)) - 1
