"""Which chord sounds when: the best explanation of a piece by chords that change where music changes them.

The piece is laid on a grid of beats (a quarter note, or a dotted one where the metre counts in threes). Every stretch
of up to four beats of a bar may be one chord; how well a chord fits a stretch is judged on all its notes at once, so
that an arpeggio, a strum and a walking bass over one chord are the same to it. Fit is how much of what sounds are
chord tones (long, low and accented notes count more), less what is foreign to the chord, less the chord tones that are
missing, and a word from the bass. A change costs, least at a bar line, more at half a bar, most elsewhere, and a chord
foreign to the key costs a little; the explanation with the best sum is found by dynamic programming.

Lost: chords that change faster than the beat or across one, ninths and above, and what an unaccompanied melody leaves
open: under a single line no chord is the first guess, unless the line is a broken chord.

The weights were tuned on 24 training pieces of POP909, 50 synthetic ones and 8 Bach chorales with analyses by people
(A. Jones, D. Tymoczko), in music21's corpus. Measured on others, root and triad: POP909, 46 validation and test pieces,
92 and 91 % of the time; 200 synthetic pieces 96 and 96 %; 9 more of the chorales 92 and 95 %. 5 ms for 1,500 notes.

Source: segments scored as wholes as in B. Pardo and W. Birmingham, "Algorithms for chordal analysis", Computer Music
Journal 26 (2002), the semi-Markov search of K. Masada and R. Bunescu, "Chord recognition in symbolic music using
semi-Markov conditional random fields" (ISMIR 2017), with these few weights instead of learned features.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..key_midi_text import KEYS, Key
from .chord import QUALITIES, Chord, is_diatonic
from .sounding import sounding_time
from .view import Notes, View

STATES: tuple[Chord, ...] = tuple(Chord(root, quality, root) for quality in QUALITIES for root in range(12))
SILENT = len(STATES)  # the state in which no chord sounds
LONGEST = 4  # beats in one stretch
_BLOCK = 2048  # beats explained at once
_NOTHING = 1e-3  # beats of sound
_UNPITCHED = 112  # programs from here on are bells, drums and noises
_SLOTS = 4  # moments in a beat at which the lowest sounding note is looked at
_SIXTHS = ("6", "min6", "minmaj7")
_STRICT = ("sus2", "sus4", "aug", "5")  # heard only where they are complete and nothing else sounds


@dataclass(frozen=True)
class Weights:
    """How much each thing counts, in units of one beat wholly explained by a chord; tuned on training pieces."""

    onset: float = 0.2  # a note's beginning, as beats of sounding
    strong: float = 0.65  # the same on the first moment of a beat
    treble: float = 0.5  # weight of the highest notes relative to the lowest
    power: float = 0.7  # of summed weights
    foreign: float = 1.15
    missing: float = 0.3
    enough: float = 0.33  # share of the sound at which a chord tone is fully there
    seventh: float = 0.65
    bass_root: float = 0.2
    bass_tone: float = 0.07
    bass_first: float = 3.0
    extra: float = 0.12  # cost a beat of each quality beyond triads
    sixth: float = 0.12  # on top for `_SIXTHS`
    strict: float = 0.2  # on top for `_STRICT`
    complete: float = 4.0  # times what a missing tone costs in those
    key: float = 0.12  # cost a beat of a chord foreign to the key
    bar: float = 0.25
    half: float = 0.3
    beat: float = 0.5
    weak: float = 1.0  # cost of a change on a weak beat where they are rare
    regular: float = 0.4  # share of weak beats with a change from which they are not
    silence: float = 0.3
    line: float = 0.6  # what no chord is worth under a single line


WEIGHTS = Weights()


@dataclass(frozen=True)
class ChordSpan:
    """A chord from one beat to another, in quarter notes from the start; None where no chord sounds."""

    start_beat: float
    end_beat: float
    chord: Chord | None


@dataclass(frozen=True, eq=False)
class Grid:
    """The beats of a piece.

    Attributes:
        lines: Ticks of every beat line, shape (beats + 1,).
        bar: Bar of each beat, shape (beats,).
        place: Number of each beat in its bar, shape (beats,).
        size: Beats of the bar of each beat, shape (beats,).
    """

    lines: np.ndarray
    bar: np.ndarray
    place: np.ndarray
    size: np.ndarray


def beat_grid(view: View) -> Grid:
    """The beats of every bar; a bar of less than a beat and a bar of three short ones are one beat."""
    numerator, denominator = view.metres.T
    threes = (denominator >= 8) & (numerator % 3 == 0)
    counted = np.where(threes, 3, np.maximum(denominator // 4, 1))  # units of the signature in a beat
    parts = np.where(denominator < 4, 4 // np.maximum(denominator, 1), 1)  # a half note is two beats
    size = np.maximum(numerator // counted, 1) * parts
    place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    bar = np.repeat(np.arange(len(size)), size)
    length = np.diff(view.bar_lines)[bar]
    lines = view.bar_lines[bar] + place * length // size[bar]
    return Grid(np.append(lines, view.bar_lines[-1]), bar, place, size[bar])


@dataclass(frozen=True, eq=False)
class Sound:
    """What sounds in each beat.

    Attributes:
        classes: Weight of each pitch class, float64, shape (beats, 12).
        bass: Share of each pitch class as the lowest note, shape (beats, 12).
        first: The same of the beat's first moment, shape (beats, 12).
        notes: Mean number of notes that sound, shape (beats,).
    """

    classes: np.ndarray
    bass: np.ndarray
    first: np.ndarray
    notes: np.ndarray


def measure_sound(view: View, grid: Grid, weights: Weights = WEIGHTS) -> Sound:
    """What sounds in each beat."""
    programs = np.array([track.program for track in view.tracks])
    notes = view.pitched.where(programs[view.pitched.track] < _UNPITCHED)
    beats = len(grid.bar)
    if not len(notes):
        nothing = np.zeros((beats, 12))
        return Sound(nothing, nothing, nothing, np.zeros(beats))
    weight = 1 - (1 - weights.treble) * np.clip((notes.pitch - 48) / 36, 0, 1)
    length = np.diff(grid.lines).clip(1)
    classes = sounding_time(notes, grid.lines, weight) / length[:, None]
    classes[classes < _NOTHING] = 0  # what is left of sums and differences
    beat = np.clip(np.searchsorted(grid.lines, notes.time, side="right") - 1, 0, beats - 1)
    late = (notes.time - grid.lines[beat]) / length[beat]
    nearly = (late > 0.9) & (beat + 1 < beats)
    beat, late = beat + nearly, np.where(nearly, 0, late)
    struck = weight * np.where(late < 0.1, weights.strong, weights.onset)
    classes += np.bincount(beat * 12 + notes.pitch % 12, struck, minlength=beats * 12).reshape(beats, 12)
    low = _lowest(notes, grid)
    bass = np.zeros((beats, 12))
    rows, slots = np.nonzero(low < 128)
    np.add.at(bass, (rows, low[rows, slots] % 12), 1 / _SLOTS)
    first = np.zeros((beats, 12))
    rows = np.flatnonzero(low[:, 0] < 128)
    first[rows, low[rows, 0] % 12] = 1
    sounding = sounding_time(notes, grid.lines, classes=1)[:, 0] / length
    return Sound(classes, bass, first, sounding)


def _lowest(notes: Notes, grid: Grid) -> np.ndarray:
    """The lowest pitch that sounds in each slot of each beat, 128 for none, shape (beats, _SLOTS)."""
    ends = np.diff(grid.lines)
    slots = (grid.lines[:-1, None] + ends[:, None] * np.arange(_SLOTS) / _SLOTS).ravel()
    reach = np.repeat(ends / (2 * _SLOTS), _SLOTS)  # a slot is looked at in its middle
    slots = slots + reach
    low = np.full(len(slots), 128, np.int64)
    order = np.argsort(-notes.pitch, kind="stable")
    begin, finish = np.searchsorted(slots, notes.time), np.searchsorted(slots, notes.end)
    for first, last, pitch in zip(
        begin[order].tolist(), finish[order].tolist(), notes.pitch[order].tolist(), strict=True
    ):
        low[first:last] = pitch  # painted from high to low, so the lowest stays
    return low.reshape(-1, _SLOTS)


@cache
def _matrices(weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """How each state takes what sounds: (36, states) for shares, lacks and bass, and (states,) for the quality."""
    table = np.zeros((36, len(STATES)))
    cost = np.zeros(len(STATES))
    for column, chord in enumerate(STATES):
        strict = chord.quality in _STRICT
        table[:12, column] = -weights.foreign
        table[24:, column] = -weights.bass_tone
        for place, tone in enumerate(chord.tones):
            table[tone, column] = weights.seventh if place == 3 else 1.0
            table[12 + tone, column] = -weights.missing * (weights.complete if strict else 1)
            table[24 + tone, column] = weights.bass_root if not place else weights.bass_tone
        cost[column] = weights.extra * (chord.quality not in ("maj", "min"))
        cost[column] += weights.sixth * (chord.quality in _SIXTHS) + weights.strict * strict
    return table, cost


def find_chords(sound: Sound, grid: Grid, keys: tuple[Key | None, ...], weights: Weights = WEIGHTS) -> np.ndarray:
    """Index into `STATES` of every beat, `SILENT` where no chord sounds, int64, shape (beats,).

    Args:
        sound: What sounds.
        grid: The beats.
        keys: Key of every bar.
        weights: How much each thing counts.
    """
    tolls = weights.key * _foreign()
    rows = {key: row for row, key in enumerate((*KEYS, None))}
    key_row = np.array([rows[key] for key in keys])[grid.bar]
    found = np.zeros(len(grid.bar), np.int64)
    begin = 0
    while begin < len(found):  # a block at a time, each from a bar line on, so that the table stays small
        end = begin + _BLOCK
        end = len(found) if end >= len(found) else end - int(grid.place[end])
        block = slice(begin, end if end > begin else begin + int(grid.size[begin]))
        found[block] = _best_path(sound, grid, block, tolls[key_row[block]], weights)
        begin = block.stop
    return found


@cache
def _foreign() -> np.ndarray:
    """Which states are foreign to each of `KEYS`, and to no key, shape (25, states)."""
    return np.array([[not is_diatonic(chord, key) for chord in STATES] for key in KEYS] + [[False] * SILENT])


def _best_path(sound: Sound, grid: Grid, block: slice, tolls: np.ndarray, weights: Weights) -> np.ndarray:
    """The states of some beats of the grid; `tolls` is what each state costs in each, shape (beats, states)."""
    table, cost = _matrices(weights)
    place, size = grid.place[block], grid.size[block]
    beats = len(place)
    sums = np.cumsum(np.hstack([sound.classes[block], sound.bass[block], sound.notes[block, None]]), axis=0)
    sums = np.concatenate([np.zeros((1, 25)), sums])
    count = np.minimum(place + 1, LONGEST)  # stretches that end with each beat, the longest first
    offset = np.concatenate([[0], np.cumsum(count)])
    end = np.repeat(np.arange(beats), count)
    start = end - (offset[end + 1] - 1 - np.arange(offset[-1]))
    score = _fit(sums[end + 1] - sums[start], sound.first[block][start], table, weights)
    score[:, :SILENT] -= cost + tolls[end]
    score *= (end + 1 - start)[:, None]

    weak = (place > 0) & (2 * place != size)
    change = np.where(place == 0, weights.bar, np.where(weak, weights.beat, weights.half))
    found = _search(score, count, change)
    # Harmony has a rhythm: where it seldom changes on weak beats, what looks like a change there is mostly none.
    changes = np.append(True, found[1:] != found[:-1])
    if changes[weak].sum() < weights.regular * weak.sum():
        found = _search(score, count, np.where(weak, weights.weak, change))
    return found


def _search(score: np.ndarray, count: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The states of the best path through stretches.

    Args:
        score: Of every stretch in every state, those that end with one beat together, the longest first.
        count: How many end with each beat, shape (beats,).
        change: What a change of state before each beat costs, shape (beats,).
    """
    beats, states = len(count), score.shape[1]
    offset = np.concatenate([[0], np.cumsum(count)])
    best = np.zeros((beats + 1, states))  # of all explanations of the first beats that end in a state
    enter = np.zeros((beats, states))  # the same, with the right to change state now
    for beat, (first, last, longest, toll) in enumerate(
        zip(offset[:-1].tolist(), offset[1:].tolist(), count.tolist(), change.tolist(), strict=True)
    ):
        before = best[beat]
        np.maximum(before, before.max() - toll, out=enter[beat])
        np.maximum.reduce(score[first:last] + enter[beat + 1 - longest : beat + 1], axis=0, out=best[beat + 1])
    found = np.zeros(beats, np.int64)
    state, beat = int(best[beats].argmax()), beats
    while beat:
        longest = int(count[beat - 1])
        options = score[offset[beat - 1] : offset[beat], state] + enter[beat - longest : beat, state]
        begin = beat - longest + int(options.argmax())
        found[begin:beat] = state
        if best[begin, state] < enter[begin, state]:
            state = int(best[begin].argmax())
        beat = begin
    return found


def _fit(sounding: np.ndarray, first: np.ndarray, table: np.ndarray, weights: Weights) -> np.ndarray:
    """How well each state, and no chord, explain each stretch, a beat, shape (stretches, states + 1)."""
    classes = np.where(sounding[:, :12] > _NOTHING / 2, sounding[:, :12], 0) ** weights.power
    total = classes.sum(1, keepdims=True)
    share = classes / np.maximum(total, 1e-9)
    lack = 1 - np.minimum(share / weights.enough, 1)
    bass = sounding[:, 12:24] + weights.bass_first * first
    bass = bass / np.maximum(bass.sum(1, keepdims=True), 1e-9)
    covered = sounding[:, 12:24].sum(1)
    single = np.clip(3 - 2 * sounding[:, 24] / np.maximum(covered, 1e-9), 0, 1)  # 1 for one note at a time, 0 from 1.5
    silent = total[:, 0] == 0
    score = np.hstack([share, lack, bass]) @ table
    score[silent] = 0
    none = np.where(silent, weights.silence, (1 + weights.line) * single - 1)
    return np.hstack([score, none[:, None]])


def chord_spans(view: View, grid: Grid, sound: Sound, found: np.ndarray) -> tuple[ChordSpan, ...]:
    """The beats of one chord joined, with their bass: the chord tone that is lowest most, its beginning counted double.

    Args:
        view: The piece.
        grid: Its beats.
        sound: What sounds in them.
        found: As `find_chords` gives it.
    """
    begins = np.flatnonzero(np.append(True, np.diff(found) != 0))
    ends = np.append(begins[1:], len(found))
    lowest = np.add.reduceat(sound.bass, begins, axis=0) / (ends - begins)[:, None] + sound.first[begins]
    times = view.beats(grid.lines).round(4)  # as JSON keeps them
    states = [*found[begins].tolist(), SILENT]
    spans = []
    for place, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        chord = None
        if states[place] != SILENT:
            state = STATES[states[place]]
            following = STATES[states[place + 1]] if states[place + 1] != SILENT else None
            root, shares = _root(state, following), lowest[place]
            chord = Chord(root, state.quality, max(state.tones, key=shares.tolist().__getitem__))
        spans.append(ChordSpan(float(times[begin]), float(times[end]), chord))
    return tuple(spans)


def _root(chord: Chord, following: Chord | None) -> int:
    """The root of a chord; of one that divides the octave evenly, the note that leads to the root after it."""
    step = {"dim7": 1, "aug": 5}.get(chord.quality)  # up a semitone, up a fourth
    if step is not None and following is not None and (following.root - step) % 12 in chord.pitch_classes:
        return (following.root - step) % 12
    return chord.root
