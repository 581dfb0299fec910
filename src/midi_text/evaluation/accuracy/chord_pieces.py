"""Pieces whose chords are known, because they were made from them: a test of chord estimation without labels.

Each piece is a random progression in a random key, played by hands that know no estimator: voicings close or open,
tones doubled or left out, inversions, block chords, strums, arpeggios, Alberti and stride figures, held, alternating
and walking basses, and a melody with passing notes, neighbours and suspensions on top, in time or loosely. Nothing in
it is tuned to what an estimator finds easy; what it cannot show is how real music departs from chord symbols.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import symusic
from symusic.core import ScoreTick

from ...facts.chord import QUALITIES, Chord
from ...key_midi_text import KEYS, Key
from ...score_midi_text import read_score

_TICKS = 480
_METRES = ((4, 4), (4, 4), (4, 4), (3, 4), (6, 8), (2, 4))
# Loops of popular and older music as numerals, by mode; the rest of the pieces wander.
_LOOPS = {
    "major": ("I V vi IV", "vi IV I V", "I vi IV V", "I IV", "ii V I", "I vi ii V", "I V IV", "I iii IV V",
              "I bVII IV", "I V vi iii IV I IV V", "Imaj7 vi7 ii7 V7", "I7 IV7 I7 V7", "I IV vi V", "IV V iii vi"),
    "minor": ("i VII VI V", "i VI III VII", "i iv V", "i iv VII III VI iiø7 V7", "i VII", "i v VI VII",
              "i iiø7 V7", "i VI iv V7"),
}  # fmt: skip
_CLOSES = {
    "authentic": {"major": "V7 I", "minor": "V7 i"},
    "half": {"major": "ii V", "minor": "iv V"},
    "plagal": {"major": "IV I", "minor": "iv i"},
    "deceptive": {"major": "V vi", "minor": "V VI"},
}
# What may come after what, by degree, in the usual tables of common practice.
_NEXT = {
    "major": {"I": "ii iii IV V vi bVII", "ii": "V V7 vii° IV", "iii": "vi IV ii", "IV": "I V V7 ii vii°",
              "V": "I vi IV", "V7": "I vi", "vi": "ii IV V iii V7/V", "vii°": "I iii", "bVII": "IV I", "V7/V": "V V7"},
    "minor": {"i": "iv V VI VII III ii°", "ii°": "V V7", "III": "VI iv VII", "iv": "i V V7 VII", "V": "i VI",
              "V7": "i VI", "VI": "iv ii° V III VII", "VII": "III i VI"},
}  # fmt: skip
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 11)}


@dataclass(frozen=True, eq=False)
class ChordPiece:
    """A piece and what it was made from.

    Attributes:
        score: The notes.
        key: Its key.
        spans: Start and end in quarter notes and the chord, in order without gaps.
        loop: The progression that comes round, () where it wanders.
        close: Kind of its final cadence.
    """

    score: ScoreTick
    key: Key
    spans: tuple[tuple[float, float, Chord], ...]
    loop: tuple[Chord, ...]
    close: str


def chord_pieces(count: int = 200, seed: int = 0) -> list[ChordPiece]:
    """Pieces, the same for the same seed."""
    return [_piece(np.random.default_rng([seed, number])) for number in range(count)]


def _piece(rng: np.random.Generator) -> ChordPiece:
    key = KEYS[rng.integers(24)]
    numerator, denominator = _METRES[rng.integers(len(_METRES))]
    bar = 4 * numerator / denominator
    loop: tuple[Chord, ...] = ()
    close = str(rng.choice(list(_CLOSES)))
    if rng.random() < 0.5:
        numerals = _LOOPS[key.mode][rng.integers(len(_LOOPS[key.mode]))].split()
        loop = tuple(Chord.from_roman(numeral, key) for numeral in numerals)
        chords = list(loop * int(rng.integers(3, 6)))
    else:
        chords = _wander(rng, key, int(rng.integers(10, 24)))
    chords += [Chord.from_roman(numeral, key) for numeral in _CLOSES[close][key.mode].split()]
    chords = [chord for at, chord in enumerate(chords) if not at or chord != chords[at - 1]]
    coloured = not loop and rng.random() < 0.5
    if coloured:
        chords = [_colour(rng, chord) for chord in chords[:-2]] + chords[-2:]
    inverted = rng.choice([0.0, 0.2, 0.4])
    chords = [
        _invert(rng, chord) if rng.random() < inverted and chord.quality[:3] != "sus" else chord
        for chord in chords[:-2]
    ] + chords[-2:]
    pace = _paces(bar)[rng.integers(len(_paces(bar)))]
    lengths = [pace] * (len(chords) - 1) + [bar]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    spans = tuple(
        (float(start), float(end), chord) for start, end, chord in zip(starts[:-1], starts[1:], chords, strict=True)
    )
    beat = 1.5 if denominator == 8 else 1.0
    return ChordPiece(_perform(rng, spans, key, (numerator, denominator), beat), key, spans, loop, close)


def _paces(bar: float) -> tuple[float, ...]:
    """How long chords may last in a metre: half a bar where it has a half, a bar, two bars."""
    return (bar, bar, 2 * bar) if bar == 3 and bar % 2 else (bar / 2, bar, bar, 2 * bar)


def _wander(rng: np.random.Generator, key: Key, count: int) -> list[Chord]:
    """A walk over the table of successions."""
    numerals = ["I" if key.mode == "major" else "i"]
    while len(numerals) < count:
        numerals.append(str(rng.choice(_NEXT[key.mode][numerals[-1]].split())))
    return [Chord.from_roman(numeral, key) for numeral in numerals]


def _colour(rng: np.random.Generator, chord: Chord) -> Chord:
    """The chord with a seventh, a sixth or a suspension, now and then."""
    richer = {"maj": ("maj7", "maj7", "6", "sus4", "sus2"), "min": ("min7", "min7", "min7", "min6"), "dim": ("hdim7",)}
    if chord.quality not in richer or rng.random() < 0.5:
        return chord
    return Chord(chord.root, str(rng.choice(richer[chord.quality])), chord.bass)


def _invert(rng: np.random.Generator, chord: Chord) -> Chord:
    """The chord over another of its first three notes."""
    intervals = QUALITIES[chord.quality][0]
    return Chord(chord.root, chord.quality, (chord.root + intervals[rng.integers(1, min(len(intervals), 3))]) % 12)


class _Hands:
    """Collects the notes of the parts, in quarter notes, with the piece's looseness of time."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.loose = float(rng.choice([0.0, 0.0, 0.01, 0.025]))
        self.parts: dict[str, list[tuple[float, float, int]]] = {"melody": [], "chords": [], "bass": []}

    def play(self, part: str, start: float, length: float, pitch: int) -> None:
        shift = self.rng.normal(0, self.loose) if self.loose else 0.0
        self.parts[part].append((max(start + shift, 0.0), max(length, 0.05), pitch))


def _perform(
    rng: np.random.Generator,
    spans: tuple[tuple[float, float, Chord], ...],
    key: Key,
    metre: tuple[int, int],
    beat: float,
) -> ScoreTick:
    """The chords played: an accompaniment, mostly a bass, mostly a melody."""
    hands = _Hands(rng)
    figure = rng.choice(["block", "strum", "arpeggio", "alberti", "stride", "held"])
    bass = rng.choice(["held", "held", "alternating", "walking", "octaves"])
    with_melody = rng.random() < 0.75
    base = int(rng.integers(48, 60))
    thin = rng.random() < 0.3
    pedal = rng.random() < 0.25
    scale = {(key.tonic + step) % 12 for step in _SCALES[key.mode]}
    pitch = base + 19
    for place, (start, end, chord) in enumerate(spans):
        following = spans[place + 1][2] if place + 1 < len(spans) else chord
        voicing = _voicing(rng, chord, base, thin)
        _accompany(hands, str(figure), voicing, start, end, beat, pedal)
        _bass_line(hands, str(bass), chord, following, start, end, beat)
        if with_melody:
            pitch = _sing(hands, chord, scale, start, end, pitch, base + 12)
    score = symusic.Score(_TICKS)
    score.time_signatures.append(symusic.TimeSignature(0, *metre))
    for name, program in (("melody", 73), ("chords", 0), ("bass", 32)):
        track = symusic.Track(name=name, program=program)
        for begin, length, tone in hands.parts[name]:
            ticks = max(round(length * _TICKS), 1)
            track.notes.append(symusic.Note(round(begin * _TICKS), ticks, tone, int(rng.integers(60, 100))))
        if hands.parts[name]:
            score.tracks.append(track)
    return read_score(score).score


def _voicing(rng: np.random.Generator, chord: Chord, base: int, thin: bool) -> list[int]:
    """Pitches from `base` upwards, the bass note not always among the lowest; the fifth may go, tones may double."""
    intervals = list(QUALITIES[chord.quality][0])
    if thin and 7 in intervals and len(intervals) > 2 and rng.random() < 0.5:
        intervals.remove(7)
    pitches = [base + (chord.root + interval - base) % 12 for interval in intervals]
    if rng.random() < 0.3:
        pitches.append(min(pitches) + 12)
    if rng.random() < 0.3:
        pitches = [pitch + 12 * int(place % 2) for place, pitch in enumerate(sorted(pitches))]
    return sorted(pitches)


def _accompany(
    hands: _Hands, figure: str, voicing: list[int], start: float, end: float, beat: float, pedal: bool
) -> None:
    """One chord in a figure of the accompaniment."""
    if figure in ("block", "held"):
        step = beat if figure == "block" else end - start
        for at in np.arange(start, end - 1e-9, step):
            for pitch in voicing:
                hands.play("chords", at, step * 0.95, pitch)
    elif figure == "strum":
        for at in np.arange(start, end - 1e-9, beat / 2):
            if hands.rng.random() < 0.75 or at == start:
                for place, pitch in enumerate(voicing):
                    hands.play("chords", at + 0.02 * place, beat * 0.45, pitch)
    elif figure == "stride":
        for at in np.arange(start + beat / 2, end - 1e-9, beat):
            for pitch in voicing:
                hands.play("chords", at, beat * 0.4, pitch)
    else:
        order = (
            voicing + voicing[-2:0:-1] if figure == "arpeggio" else [voicing[i % len(voicing)] for i in (0, 2, 1, 2)]
        )
        step = beat / (3 if beat == 1.5 else 2)
        for place, at in enumerate(np.arange(start, end - 1e-9, step)):
            length = end - at if pedal else step
            hands.play("chords", at, length, order[place % len(order)])


def _bass_line(
    hands: _Hands, figure: str, chord: Chord, following: Chord, start: float, end: float, beat: float
) -> None:
    """One chord of the bass part, its bass note first."""
    low = 36 + (chord.bass - 36) % 12
    tones = sorted(36 + (tone - 36) % 12 for tone in chord.pitch_classes)
    for place, at in enumerate(np.arange(start, end - 1e-9, beat if figure != "held" else end - start)):
        length = (beat if figure != "held" else end - start) * 0.95
        pitch = low
        if figure == "octaves":
            pitch = low + 12 * (place % 2)
        elif figure == "alternating" and place % 2:
            pitch = 36 + ((chord.root + 7 if chord.bass == chord.root else chord.root) - 36) % 12
        elif figure == "walking" and place:
            last = at + beat > end - 1e-9
            target = 36 + (following.bass - 36) % 12
            pitch = target + int(hands.rng.choice([-1, 1, 2])) if last else int(hands.rng.choice(tones))
        hands.play("bass", at, length, pitch)


def _sing(hands: _Hands, chord: Chord, scale: set[int], start: float, end: float, pitch: int, floor: int) -> int:
    """One chord's worth of melody: chord tones reached by step, with other notes between them; returns its last."""
    rng, at = hands.rng, start
    while at < end - 1e-9:
        length = min(float(rng.choice([0.5, 0.5, 1.0, 1.0, 2.0])), end - at)
        on_chord = rng.random() < (0.85 if at == start or at % 1 == 0 else 0.45)
        tones = chord.pitch_classes if on_chord else scale - chord.pitch_classes
        reach = 7 if on_chord else 2
        near = [tone for tone in range(pitch - reach, pitch + reach + 1) if tone % 12 in tones and tone >= floor]
        pitch = int(rng.choice(near or [floor + (chord.root - floor) % 12]))
        pitch = pitch - 12 if pitch > floor + 22 else pitch
        hands.play("melody", at, length * 0.95, pitch)
        at += length
    return pitch
