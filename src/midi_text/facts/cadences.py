"""How sections close: the last two chords before an end, heard in the key of that place.

A cadence is named by its last two chords: V or vii° to a tonic is authentic, IV to a tonic plagal, V to VI deceptive,
anything to V half. The last chord must be in root position and stand where the section ends; the dominant must have a
major third or be diminished. So a cadence here is a close that everybody would name; what fades out, ends on a single
line or on another chord has none.

Source: W. Caplin, "The Classical Cadence: Conceptions and Misconceptions", Journal of the American Musicological
Society 57 (2004), for what is and what is not one; without his distinction of perfect and imperfect cadences, which
hangs on the melody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..key_midi_text import Key
from .chord import QUALITIES, Chord


@dataclass(frozen=True)
class Cadence:
    """A close.

    Attributes:
        bar: The bar of its last chord.
        kind: "authentic" (V or vii° to the tonic), "half" (to V), "plagal" (IV to the tonic), "deceptive" (V to VI).
    """

    bar: int
    kind: str


def cadence_kind(chords: Sequence[Chord], key: Key) -> str | None:
    """The cadence that the last of some chords make in a key; None if it is none."""
    if len(chords) < 2 or chords[-1].bass != chords[-1].root:
        return None
    before, last = chords[-2], chords[-1]
    from_degree, degree = ((chord.root - key.tonic) % 12 for chord in (before, last))
    thirds = QUALITIES[last.quality][0]
    dominant = (from_degree == 7 and 4 in QUALITIES[before.quality][0]) or (
        from_degree == 11 and before.quality in ("dim", "dim7", "hdim7")
    )
    if degree == 0 and (3 in thirds or 4 in thirds) and last.quality not in ("dim", "aug", "hdim7", "dim7"):
        if dominant:
            return "authentic"
        return "plagal" if from_degree == 5 and before.bass == before.root else None
    if degree == 7 and last.quality in ("maj", "7") and not dominant:
        return "half"
    submediant = 9 if key.mode == "major" else 8
    if dominant and degree == submediant and last.quality in ("min", "min7", "maj", "maj7"):
        return "deceptive"
    return None
