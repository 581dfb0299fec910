"""Real tunes dressed as bands: the melody and the harmony of a piece, played by others over real drumming.

Open corpora are rich in classical music and poor in bands. A band can be had honestly: the melody stays note for note
(moved by octaves into its instrument's range), the chords are those measured in the piece, the drums are played by
drummers (a corpus of grooves, matched in metre and tempo, with their fills before every eighth bar), and what comps
and plays bass follows a recipe. The labels say what it is, an arrangement; licences and credits of both sources add up.
An arrangement is only kept if it is still the piece: the same key is heard and most of its chords are measured again.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from symusic.core import NoteTick, ScoreTick, TempoTick, TimeSignatureTick, TrackTick

from ..facts.analysis import analyze_view
from ..facts.chord import Chord
from ..facts.chords import ChordSpan
from ..facts.parts import Part
from ..facts.view import View, view_score
from ..score_midi_text import MidiError, read_score, write_score
from .recipes import BASS, RECIPES, Comping, Recipe
from .sources import Piece

TICKS = 480
LEAST_AGREEMENT = 0.5  # share of the time in which the arrangement's chord has the piece's root
_LEAST_BARS, _MOST_BARS = 8, 160
_PHRASE_BARS = 8
_TEMPO_REACH = 1.25  # how far a groove may be from the tempo it was played at
_RANGES = {
    40: (55, 93),
    73: (60, 93),
    56: (55, 82),
    57: (45, 70),
    65: (52, 80),
    66: (47, 75),
    71: (52, 85),
    68: (58, 86),
}
_ANY_RANGE, _VOICING, _BASS_RANGE = (52, 84), (53, 72), (28, 48)


@dataclass(frozen=True, eq=False)
class Groove:
    """Some bars of real drumming.

    Attributes:
        style: The first word of its label: "rock".
        fill: Whether it is a fill.
        split: Only pieces of this split get it.
        tempo_bpm: At which it was played.
        beats: Beats a bar.
        bars: For each bar, notes as (quarter notes from the bar line, pitch, velocity).
        licence: As its source gives it.
        attribution: Likewise.
    """

    style: str
    fill: bool
    split: str
    tempo_bpm: float
    beats: int
    bars: tuple[tuple[tuple[float, int, int], ...], ...]
    licence: str
    attribution: str


def read_grooves(pieces: Iterable[Piece]) -> list[Groove]:
    """The grooves among pieces: those of drums alone whose labels name a drum style."""
    found = []
    for piece in pieces:
        style = str(piece.labels.get("drum_style", "")).split("/")[0]
        if not style:
            continue
        try:
            view = view_score(read_score(piece.midi).score)
        except MidiError:
            continue
        beats, unit = view.facts.time_signature
        if unit != 4 or not len(view.drums):
            continue
        bar = view.bar_of(view.drums.time)
        place = view.position(view.drums.time)
        bars = tuple(
            tuple(
                (float(at), int(pitch), int(velocity))
                for at, pitch, velocity in zip(
                    place[bar == i], view.drums.pitch[bar == i], view.drums.velocity[bar == i], strict=True
                )
            )
            for i in range(view.bars)
        )
        fill = piece.labels.get("beat_or_fill") == "fill"
        found.append(
            Groove(style, fill, piece.split, view.facts.tempo_bpm, beats, bars, piece.licence, piece.attribution)
        )
    return found


def arrangements(piece: Piece, grooves: Sequence[Groove], *, count: int = 1, seed: int = 0) -> Iterator[Piece]:
    """Arranges a piece for bands.

    Args:
        piece: With one melody and harmony, in 4/4 or 3/4; others yield nothing.
        grooves: Real drumming, see `read_grooves`.
        count: How many bands, each of another kind.
        seed: With the piece's id, source of every choice.

    Yields:
        Pieces of the same split and work, their ids ending in the band's name.
    """
    try:
        view = view_score(read_score(piece.midi).score)
    except MidiError:
        return
    rng = random.Random(f"{seed}:{piece.id}")
    tune = _Tune.of(view)
    if tune is None:
        return
    fitting = [recipe for recipe in RECIPES if tune.beats in recipe.metres]
    for recipe in rng.sample(fitting, len(fitting)):
        made = _arranged(piece, tune, recipe, grooves, rng)
        if made is not None:
            yield made
            count -= 1
        if not count:
            return


@dataclass(frozen=True, eq=False)
class _Tune:
    """What is kept of a piece; times in quarter notes, notes as (onset, length, pitch, velocity)."""

    view: View
    beats: int
    bars: int
    melody: tuple[tuple[float, float, int, int], ...]
    chords: tuple[ChordSpan, ...]

    @classmethod
    def of(cls, view: View) -> _Tune | None:
        """The tune of a piece; None where there is no one melody over chords in one simple metre."""
        beats, unit = view.facts.time_signature
        simple = unit == 4 and beats in (3, 4) and not view.facts.metre_changes
        if not simple or not _LEAST_BARS <= view.bars <= _MOST_BARS or view.facts.key is None:
            return None
        analysis = analyze_view(view)
        leads: tuple[Part, ...] = analysis.parts.role("melody")
        if len(leads) != 1 or len(view.tracks) < 2 or not analysis.harmony.chords:
            return None
        notes = view.tracks[leads[0].track].notes
        if len(notes) < view.bars:
            return None
        onset, length = view.beats(notes.time), view.beats(notes.duration)
        melody = tuple(
            (float(a), float(b), int(p), int(v))
            for a, b, p, v in zip(onset, length, notes.pitch, notes.velocity, strict=True)
        )
        return cls(view, beats, view.bars, melody, analysis.harmony.chords)

    def chord_at(self, beat: float) -> Chord | None:
        """The chord that sounds at a beat."""
        starts = [span.start_beat for span in self.chords]
        place = int(np.searchsorted(starts, beat + 1e-6, side="right")) - 1
        return self.chords[place].chord if place >= 0 else None

    def held(self, beat: float, length: float) -> Iterator[tuple[float, float, Chord]]:
        """A stretch of time, struck anew where the chord changes in it: onset, length, chord."""
        changes = [span.start_beat for span in self.chords if beat < span.start_beat < beat + length]
        edges = [beat, *changes, beat + length]
        for start, end in pairwise(edges):
            chord = self.chord_at(start)
            if chord is not None and end - start > 0.05:
                yield start, end - start, chord


def _arranged(piece: Piece, tune: _Tune, recipe: Recipe, grooves: Sequence[Groove], rng: random.Random) -> Piece | None:
    """One arrangement, or None where no groove fits or the piece is not heard in it any more."""
    tempo = float(round(min(max(tune.view.facts.tempo_bpm, recipe.tempo_bpm[0]), recipe.tempo_bpm[1])))
    groove, fills = _pick(recipe, tune, tempo, piece.split, grooves, rng)
    if recipe.drum_styles and groove is None:
        return None
    score = ScoreTick(TICKS)
    score.tempos.append(TempoTick(0, qpm=tempo))
    score.time_signatures.append(TimeSignatureTick(0, tune.beats, 4))
    lead = rng.choice(recipe.melodies)
    _add(score, lead, _in_range(tune.melody, *_RANGES.get(lead, _ANY_RANGE)))
    for comping in recipe.comping:
        if comping.program != lead:
            _add(score, comping.program, list(_comp(tune, comping)))
    _add(score, recipe.bass[0], list(_bass(tune, recipe.bass[1], rng)))
    if groove is not None:
        _add(score, 0, list(_drums(tune, groove, fills)), drums=True)
    score = read_score(score).score
    if not _still_the_piece(tune, view_score(score)):
        return None
    kept = {name: piece.labels[name] for name in ("dance_type", "metre", "key") if name in piece.labels}
    labels: dict[str, Any] = {**kept, "genre": recipe.genre, "arrangement": recipe.name}
    sources: list[Piece | Groove] = [piece, *([groove] if groove else ())]
    return replace(
        piece,
        id=f"{piece.id}+{recipe.name.replace(' ', '-')}",
        midi=write_score(score),
        source=f"arranged {piece.source}",
        licence=" AND ".join(dict.fromkeys(part.licence for part in sources)),
        attribution="; ".join(dict.fromkeys(part.attribution for part in sources)) + "; arranged by midi-text",
        labels=labels,
    )


def _pick(
    recipe: Recipe, tune: _Tune, tempo: float, split: str, grooves: Sequence[Groove], rng: random.Random
) -> tuple[Groove | None, list[Groove]]:
    """A beat that suits recipe, metre and tempo, the nearest styles first, and the fills that go with it."""
    suiting = [
        groove
        for groove in grooves
        if groove.style in recipe.drum_styles
        and groove.split == split
        and groove.beats == tune.beats
        and 1 / _TEMPO_REACH <= groove.tempo_bpm / tempo <= _TEMPO_REACH
    ]
    beats = [groove for groove in suiting if not groove.fill and len(groove.bars) > 1]
    if not beats:
        return None, []
    first = min(recipe.drum_styles.index(groove.style) for groove in beats)
    groove = rng.choice([g for g in beats if recipe.drum_styles.index(g.style) == first])
    return groove, [g for g in suiting if g.fill and g.style == groove.style]


def _add(score: ScoreTick, program: int, notes: Iterable[tuple[float, float, int, int]], drums: bool = False) -> None:
    track = TrackTick("", program, drums)
    for onset, length, pitch, velocity in notes:
        start = round(onset * TICKS)
        track.notes.append(NoteTick(start, max(1, round(length * TICKS)), pitch, velocity))
    score.tracks.append(track)


def _in_range(
    notes: Sequence[tuple[float, float, int, int]], low: int, high: int
) -> list[tuple[float, float, int, int]]:
    """The notes moved together by octaves until most lie within a range, and louder than the rest of the band."""
    pitches = np.array([pitch for _, _, pitch, _ in notes])
    shifts = [s for s in range(-48, 49, 12) if pitches.min() + s >= 0 and pitches.max() + s <= 127]
    best = max(shifts, key=lambda s: (int(((pitches + s >= low) & (pitches + s <= high)).sum()), -abs(s)))
    return [(onset, length, pitch + best, min(127, max(velocity, 84))) for onset, length, pitch, velocity in notes]


def _comp(tune: _Tune, comping: Comping) -> Iterator[tuple[float, float, int, int]]:
    """The chords in a comping pattern, each voiced as near as possible to the one before."""
    pattern = comping.four if tune.beats == 4 else comping.three
    last: tuple[int, ...] = ()
    for bar in range(tune.bars):
        for number, (onset, length) in enumerate(pattern):
            for beat, held, chord in tune.held(bar * tune.beats + onset, length):
                last = _voiced(chord, last, comping.manner)
                chosen = [last[_TURN[number % len(_TURN)] % len(last)]] if comping.manner == "arpeggio" else last
                for pitch in chosen:
                    yield beat, held, pitch, 66


_TURN = (0, 1, 2, 1)


def _voiced(chord: Chord, last: tuple[int, ...], manner: str) -> tuple[int, ...]:
    """Close voicings between F3 and C5; of those the one that moves least."""
    if manner == "power":
        root = 40 + (chord.root - 40) % 12
        return root, root + 7
    low, high = _VOICING
    classes = sorted(chord.pitch_classes)
    voicings = []
    for turn in range(len(classes)):
        order = classes[turn:] + classes[:turn]
        pitches = [low + (order[0] - low) % 12]
        for pitch_class in order[1:]:
            pitches.append(pitches[-1] + ((pitch_class - pitches[-1]) % 12 or 12))
        if pitches[-1] <= high + 6:
            voicings.append(tuple(pitches))
    centre = sum(last) / len(last) if last else (low + high) / 2
    return min(voicings, key=lambda v: (abs(sum(v) / len(v) - centre), v))


def _bass(tune: _Tune, name: str, rng: random.Random) -> Iterator[tuple[float, float, int, int]]:
    """The bass pattern over the chords; a chord that changes within a note's pattern changes its root."""
    for bar in range(tune.bars):
        following = tune.chord_at((bar + 1) * tune.beats)
        for onset, length, kind in BASS[name]:
            if onset >= tune.beats:
                continue
            for beat, held, chord in tune.held(bar * tune.beats + onset, min(length, tune.beats - onset)):
                pitch = _bass_pitch(chord, kind, following or chord, rng)
                yield beat, held, pitch if pitch <= _BASS_RANGE[1] + 7 else pitch - 12, 88


def _bass_pitch(chord: Chord, kind: str, following: Chord, rng: random.Random) -> int:
    """A note of a chord in the bass's range, or one by a step from the root that follows."""

    def low(pitch_class: int) -> int:
        return _BASS_RANGE[0] + (pitch_class - _BASS_RANGE[0]) % 12

    if kind == "approach":
        return low(following.root) + rng.choice((-1, 1, 2))
    if kind == "root":
        return low(chord.bass)
    third = 3 if (chord.root + 3) % 12 in chord.pitch_classes else 4
    fifth = 7 if (chord.root + 7) % 12 in chord.pitch_classes else 6
    return low(chord.root) + {"third": third, "fifth": fifth, "octave": 12}[kind]


def _drums(tune: _Tune, groove: Groove, fills: Sequence[Groove]) -> Iterator[tuple[float, float, int, int]]:
    """The groove from its first bar on, over again as often as it takes, with a fill before every eighth bar."""
    for bar in range(tune.bars):
        source = groove.bars[bar % len(groove.bars)]
        if fills and bar % _PHRASE_BARS == _PHRASE_BARS - 1:
            fill = fills[bar // _PHRASE_BARS % len(fills)]
            source = fill.bars[-1] if len(fill.bars[-1]) > 3 else fill.bars[0]
        for onset, pitch, velocity in source:
            yield bar * tune.beats + onset, 0.1, pitch, velocity


def _still_the_piece(tune: _Tune, view: View) -> bool:
    """Whether the key is the same and the chords' roots are heard again most of the time."""
    if view.facts.key != tune.view.facts.key:
        return False
    heard = analyze_view(view).harmony.chords
    beats = np.arange(0, tune.bars * tune.beats, 1.0)

    def roots(spans: Sequence[ChordSpan]) -> np.ndarray:
        starts = np.array([span.start_beat for span in spans])
        chords = [span.chord.root if span.chord else -1 for span in spans]
        return np.array(chords)[np.maximum(np.searchsorted(starts, beats + 0.5, side="right") - 1, 0)]

    if not heard:
        return False
    return float((roots(tune.chords) == roots(heard)).mean()) >= LEAST_AGREEMENT
