"""A few sentences for the student: what went well, where to look, every number from the assessment."""

from __future__ import annotations

import numpy as np

from ..key_midi_text import Key
from .assess import EXTRA, MISSING, RIGHT, WRONG, Assessment, NoteVerdict

_LINE_OF_FIFTHS = "FCGDAEB"  # F is -1, C is 0, G is 1 …; seven further is a sharp more
_NOTABLE_TEMPO = 0.08  # share; a listener notices some 5 %, a student wants to hear of more
_NOTABLE_TIMING_SECONDS = 0.035  # mean of a bar; about what a listener notices (Clarke 1989: 20 to 50 ms)
_ANOTHER_PIECE = 0.5  # share of right notes below which advice on single notes makes no sense
_WORST = 3


def advise(assessment: Assessment, key: Key | None = None) -> str:
    """A short text for the student.

    Args:
        assessment: Of one performance.
        key: Of the reference: settles whether a black key is called sharp or flat.
    """
    if assessment.share_right < _ANOTHER_PIECE:
        return _notes(assessment)
    sentences = [_notes(assessment), *_bars(assessment, key), _tempo(assessment), _timing(assessment)]
    sentences.append(_dynamics(assessment))
    return " ".join(filter(None, sentences))


def pitch_name(pitch: int, key: Key | None) -> str:
    """Such as "F#4" in D minor or "Gb4" in Db major; 60 is "C4".

    The spelling is that of the harmonic chromatic scale of the key (C major where there is none): from five fifths
    below the tonic to six above; a name with two signs gives way to its plainer neighbour.
    """
    tonic = key.name.split()[0] if key else "C"
    home = _LINE_OF_FIFTHS.index(tonic[0]) - 1 + 7 * (tonic.count("#") - tonic.count("b"))
    fifths = home - 5 + (7 * pitch - home + 5) % 12
    if abs((fifths + 1) // 7) > 1:
        fifths -= 12 if fifths > 0 else -12
    sharps, letter = divmod(fifths + 1, 7)
    octave = (pitch - sharps) // 12 - 1  # B# and Cb belong to the octave of their letter
    return f"{_LINE_OF_FIFTHS[letter]}{'#' * sharps}{'b' * -sharps}{octave}"


def _notes(assessment: Assessment) -> str:
    asked = len(assessment.notes) - assessment.count(EXTRA)
    right = assessment.count(RIGHT)
    if right == len(assessment.notes):
        return f"All {asked} notes are right: well done."
    if assessment.share_right < _ANOTHER_PIECE:
        return f"Only {right} of {asked} notes are right: is this the same piece?"
    wrong = ", ".join(f"{n} {name}" for name in (WRONG, MISSING, EXTRA) if (n := assessment.count(name)))
    return f"{right} of {asked} notes are right ({_percent(assessment.share_right)}); {wrong}."


def _percent(share: float) -> str:
    """A share in per cent that only says 100 when it is."""
    return f"{min(share * 100, 99.0 if share < 1 else 100.0):.0f} %"


def _bars(assessment: Assessment, key: Key | None) -> list[str]:
    """The bars that need most work, and what is wrong in them."""
    faults = [(bar.wrong + bar.missing + bar.extra, -bar.bar) for bar in assessment.bars]
    worst = sorted((fault for fault in faults if fault[0]), reverse=True)[:_WORST]
    sentences = []
    for _, bar in sorted(worst, key=lambda fault: -fault[1]):
        notes = [note for note in assessment.notes if note.bar == -bar and note.verdict != RIGHT]
        told = "; ".join(dict.fromkeys(_fault(note, key) for note in notes[:3]))
        more = f"; and {len(notes) - 3} more" if len(notes) > 3 else ""
        sentences.append(f"Bar {1 - bar}: {told}{more}.")
    return sentences


def _fault(note: NoteVerdict, key: Key | None) -> str:
    expected = pitch_name(note.expected_pitch, key) if note.expected_pitch is not None else ""
    played = pitch_name(note.played_pitch, key) if note.played_pitch is not None else ""
    if note.verdict == WRONG:
        return f"{played} instead of {expected}"
    return f"{expected} is missing" if note.verdict == MISSING else f"{played} is not written"


def _tempo(assessment: Assessment) -> str:
    played, asked = assessment.tempo_bpm, assessment.reference_tempo_bpm
    words = f"You played at {played:.0f} quarter notes a minute"
    if abs(played / asked - 1) > _NOTABLE_TEMPO:
        words += f", {'faster' if played > asked else 'slower'} than the {asked:.0f} of the reference"
    beats, tempi = np.array(assessment.tempo_curve).T
    third = (beats[-1] - beats[0]) / 3
    first, last = (np.median(tempi[chosen]) for chosen in (beats <= beats[0] + third, beats >= beats[-1] - third))
    if abs(last / first - 1) > _NOTABLE_TEMPO:
        words += f", and {'sped up' if last > first else 'slowed down'} from {first:.0f} to {last:.0f}"
    return words + "."


def _timing(assessment: Assessment) -> str:
    """Whether a stretch is rushed or dragged within the player's own tempo, and how even the rest is."""
    spread = assessment.timing_spread_seconds * 1000
    by_bar: dict[int, list[float]] = {}
    for note in assessment.notes:
        if note.late_seconds is not None:
            by_bar.setdefault(note.bar, []).append(note.late_seconds)
    means = {bar: float(np.mean(late)) for bar, late in by_bar.items() if len(late) > 2}
    bar = max(means, key=lambda b: abs(means[b]), default=None)
    words = f"Your notes lie within {spread:.0f} ms of your own beat"
    if bar is not None and abs(means[bar]) > _NOTABLE_TIMING_SECONDS:
        side = "late" if means[bar] > 0 else "early"
        words += f"; in bar {bar + 1} they come {abs(means[bar]) * 1000:.0f} ms {side}"
    return words + "."


def _dynamics(assessment: Assessment) -> str:
    found = assessment.dynamics_correlation
    if found is None:
        return ""
    if found > 0.6:
        return "Your dynamics follow the reference."
    if found > 0.2:
        return "Your dynamics follow the reference in part: listen to where it grows and where it falls."
    return "Your dynamics go their own way: compare the loud and the soft places with the reference."
