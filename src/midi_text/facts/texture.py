"""Texture: how the voices go together.

Textures are told apart by two measures: how far notes start together, and how far voices move alike. Here the first is
`synchrony`, and the second is seen in an upper and a lower half of the notes (`hands`), since voices are not given: how
often both move at once, by step, or not at all. A multinomial logit over eight such measures weighs counterpoint,
chorale, and melody with accompaniment against each other. Its coefficients are fitted on training pieces, whole and in
excerpts of 12 bars, that are one of these by title or collection: fugues, inventions and canons; chorales and hymns;
songs with piano, waltzes, mazurkas, polkas. On those, what is said with 80 % certainty is right in 94-97 %. Lost:
textures that change on the way.

Source: D. Huron, "Characterizing musical textures", ICMC (1989), for the two measures; the others are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .hands import left_hand
from .imitation import count_imitations
from .parts import Parts
from .view import Notes, View

KINDS = ("contrapuntal", "chorale", "melody and accompaniment")
# Of synchrony, log voices, upper and lower steps, lower notes that stay, balance of halves, shared onsets, log pace.
WEIGHTS = np.array(
    [
        [-5.7, -2.5, 1.4, 4.1, -1.1, -0.9, -2.0, 0.0],
        [4.9, 0.2, 0.5, -0.3, 1.1, 4.1, 5.1, -0.7],
        [0.8, 2.3, -1.9, -3.9, 0.0, -3.2, -3.1, 0.7],
    ]
)
BIAS = np.array([7.6, -11.4, 3.9])
SURE = 0.8
COUNTERPOINT = 0.85
LED = 0.9  # a soprano of a choir is seldom as sure a melody as a voice over a piano
LEAST_ONSETS = 8


@dataclass(frozen=True)
class Texture:
    """The texture of a piece.

    Attributes:
        kind: The trait among `TRAITS["texture"]` that fits best; None if none does.
        traits: All that hold. "unaccompanied line": one track, pitched, and 97 % of its onsets are single notes over
            which none sounds on. "homophonic": 2.7 voices or more on average, and 85 % of the sounding notes are
            struck at an onset where several sound. "contrapuntal", "chorale", "melody and accompaniment": probability
            0.8 or more among these three. "chorale" also needs 75 % struck together, 3 to 5.5 voices, and a top that
            stays in at most 40 % of its moves; "contrapuntal" 0.85, 1.5 voices, and of the lower and upper halves
            neither has more than twice the onsets of the other; "melody and accompaniment" a track that is the
            melody, if there are several, and it holds too where a track is the melody with 90 % probability, other
            instruments accompany, and neither of the other two is likelier than 0.8. "imitative": two entries or
            more, one in 40 bars, that imitate another voice (`imitation`).
            "arpeggiated": one or two tracks, or one whose figure is broken chords, and in 60 % of the bars six onsets
            or more, three in four of them single notes, three in four of the moves between them by 3 to 16 semitones,
            over three to five pitch classes.
        synchrony: Share of the sounding notes that are struck at an onset, mean over onsets where several sound, 0..1.
        voices: Notes that sound, mean over onsets.
    """

    kind: str | None
    traits: tuple[str, ...]
    synchrony: float
    voices: float


def measure_texture(view: View, parts: Parts) -> Texture:
    """The texture of a piece."""
    notes = view.pitched
    if not len(notes):
        return Texture(None, (), 0.0, 0.0)
    onsets = _onsets(view, notes)
    synchrony, voices = _synchrony(onsets), float(onsets.sounding.mean())
    traits = _find(view, parts, onsets, synchrony, voices) if len(onsets.time) >= LEAST_ONSETS else []
    ranked = ("unaccompanied line", "contrapuntal", "chorale", "arpeggiated", *KINDS[2:], "imitative", "homophonic")
    kind = next((name for name in ranked if name in traits), None)
    return Texture(kind, tuple(traits), round(synchrony, 3), round(voices, 2))


def _find(view: View, parts: Parts, onsets: _Onsets, synchrony: float, voices: float) -> list[str]:
    pitched = [part for part in parts.parts if part.role != "drums"]
    if len(pitched) == 1 and (onsets.sounding == 1).mean() >= 0.97:
        alone = len(parts.parts) == 1  # drums accompany too
        return ["unaccompanied line"] * alone + ["arpeggiated"] * _arpeggiated(view, onsets)
    found = []
    (contrapuntal, chorale, accompanied), balance = _chances(view, onsets)
    if synchrony >= 0.85 and voices >= 2.7:
        found.append("homophonic")
    still = _share(np.diff(onsets.high) == 0)
    if chorale >= SURE and synchrony >= 0.75 and 3 <= voices <= 5.5 and still <= 0.4:
        found.append("chorale")
    # In a band the leaps from one instrument to another are no chord that is broken.
    broken = len(pitched) <= 2 or any(part.figure == "broken chords" for part in pitched)
    if broken and _arpeggiated(view, onsets):
        found.append("arpeggiated")
    if contrapuntal >= COUNTERPOINT and voices >= 1.5 and balance >= 0.5:
        found.append("contrapuntal")
    if voices >= 1.5 and count_imitations(view) >= max(2, view.bars / 40):
        found.append("imitative")
    led = any(
        one.role == "melody" and one.melody_chance >= LED and other.role == "accompaniment"
        for one in pitched
        for other in pitched
        if one.program != other.program  # of one program they may be the hands of one player
    )
    led_or_alone = len(pitched) == 1 or any(part.role == "melody" for part in pitched)
    if (accompanied >= SURE and led_or_alone) or (led and max(contrapuntal, chorale) < SURE):
        found.append("melody and accompaniment")
    return found


@dataclass(frozen=True, eq=False)
class _Onsets:
    """Moments at which notes start, in order, shape (m,).

    Attributes:
        time: Ticks.
        size: Notes that start.
        sounding: Notes that sound, the starting ones included.
        low: Lowest starting pitch.
        high: Highest.
    """

    time: np.ndarray
    size: np.ndarray
    sounding: np.ndarray
    low: np.ndarray
    high: np.ndarray


def _onsets(view: View, notes: Notes) -> _Onsets:
    """The onsets of some notes, at least one."""
    first = notes.onsets(view.together)
    size = np.diff(np.append(first, len(notes)))
    time = notes.time[first]
    # What ends just after an onset was not meant to sound in it: legato as it is played.
    ended = np.searchsorted(np.sort(notes.end), time + view.ticks_per_quarter // 8, side="right")
    return _Onsets(
        time=time,
        size=size,
        sounding=np.maximum(first + size - ended, size),
        low=np.minimum.reduceat(notes.pitch, first),
        high=np.maximum.reduceat(notes.pitch, first),
    )


def _synchrony(onsets: _Onsets) -> float:
    several = onsets.sounding > 1
    return float((onsets.size / onsets.sounding)[several].mean()) if several.any() else 0.0


def _chances(view: View, onsets: _Onsets) -> tuple[np.ndarray, float]:
    """Probability of each of `KINDS`; onsets of the quieter half of the notes over those of the busier."""
    notes = view.pitched
    lower = left_hand(notes, view.ticks_per_quarter)
    if lower.all() or not lower.any():
        lower = notes.pitch < notes.pitch.mean()
    if lower.all() or not lower.any():
        return np.zeros(len(KINDS)), 0.0
    upper, under = (_onsets(view, half) for half in (notes.where(~lower), notes.where(lower)))
    fewest, most = sorted((len(upper.time), len(under.time)))
    above, below = np.abs(np.diff(upper.high)), np.abs(np.diff(under.low))
    beats = max((onsets.time[-1] - onsets.time[0]) / view.ticks_per_quarter, 1)
    measures = np.array(
        [
            _synchrony(onsets),
            np.log(onsets.sounding.mean()),
            _share((above > 0) & (above < 3)),
            _share((below > 0) & (below < 3)),
            _share(below == 0),
            fewest / most,
            np.isin(upper.time, under.time).sum() / fewest,
            np.log(len(onsets.time) / beats),
        ]
    )
    score = WEIGHTS @ measures + BIAS
    chance = np.exp(score - score.max())
    return chance / chance.sum(), fewest / most


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _arpeggiated(view: View, onsets: _Onsets) -> bool:
    """Whether three in five of the bars that have onsets are broken into single notes that leap through a chord."""
    bar = view.bar_of(onsets.time)
    first = np.flatnonzero(np.append(True, np.diff(bar) != 0))
    count = np.diff(np.append(first, len(bar)))
    move = np.append(np.abs(np.diff(onsets.low)), 0)
    inside = np.append(np.diff(bar) == 0, False)
    leaps = np.add.reduceat((inside & (move >= 3) & (move <= 16)).astype(np.int64), first)
    single = np.add.reduceat((onsets.size == 1).astype(np.int64), first)
    classes = np.bitwise_count(np.bitwise_or.reduceat(1 << (onsets.low % 12), first))
    broken = (count >= 6) & (single >= 0.75 * count) & (leaps >= 0.75 * (count - 1)) & (classes >= 3) & (classes <= 5)
    return bool(broken.mean() >= 0.6)
