"""An analysis for people: a line a topic, in the words of the field, bars counted from 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts.analysis import Analysis
from ..facts.chord import NAMES, chord_names
from ..facts_midi_text import MusicFacts
from ..style_midi_text import StyleGuess
from ..vocabulary_midi_text import gm_name

SHOWN = 12  # chords, sections or bars on one line; the JSON has them all


def structure_lines(facts: MusicFacts, analysis: Analysis, styles: Sequence[StyleGuess] = ()) -> list[str]:
    """What the closer look found; topics with nothing to say are left out."""
    topics = (
        ("keys", _keys(analysis)),
        ("chords", _chords(facts, analysis)),
        ("cadences", _some(f"{c.kind} in bar {c.bar + 1}" for c in analysis.harmony.cadences)),
        ("form", _form(analysis)),
        ("motif", _motif(analysis)),
        ("parts", _parts(analysis)),
        ("texture", ", ".join(analysis.texture.traits)),
        ("rhythm", _rhythm(analysis)),
        ("drums", _drums(analysis)),
        ("playing", _playing(analysis)),
        ("sounds like", ", ".join(f"{s.name} ({s.kind}, {s.confidence:.0%})" for s in styles)),
    )
    return [f"{name + ':':<12} {words}" for name, words in topics if words]


def _some(items: Iterator[str], separator: str = ", ") -> str:
    """The first few of many."""
    found = list(items)
    return separator.join(found[:SHOWN]) + (f"{separator}… ({len(found)} in all)" if len(found) > SHOWN else "")


def _keys(analysis: Analysis) -> str:
    spans = analysis.tonality.spans
    if len(spans) < 2:
        return ", ".join(analysis.tonality.traits)
    return _some(f"{span.key.name} from bar {span.first_bar + 1}" for span in spans)


def _chords(facts: MusicFacts, analysis: Analysis) -> str:
    harmony = analysis.harmony
    names = chord_names((*harmony.progression, *harmony.loop), facts.key)
    words = _some(iter(names[: len(names) - len(harmony.loop)]), " ")
    if harmony.loop:
        words += f"; {'–'.join(names[-len(harmony.loop) :])} comes {harmony.loop_repeats} times"
    return "; ".join(filter(None, (words, ", ".join(harmony.traits))))


def _form(analysis: Analysis) -> str:
    form = analysis.form
    sections = _some(f"{s.letter} {s.first_bar + 1}–{s.first_bar + s.bars}" for s in form.sections)
    if len(form.sections) < 2:
        return ", ".join(form.traits)
    return "; ".join(filter(None, (f"{form.plan} (bars {sections})", ", ".join(form.traits))))


def _motif(analysis: Analysis) -> str:
    if not analysis.motifs.motifs:
        return ""
    motif = analysis.motifs.motifs[0]
    steps = " ".join(f"{interval:+d}" for interval in motif.intervals)
    bars = _some(str(bar + 1) for bar in motif.bars)
    return f"{steps} semitones in bars {bars}" + (", in sequence" if "sequences" in analysis.motifs.traits else "")


def _parts(analysis: Analysis) -> str:
    words = []
    for part in analysis.parts.parts:
        name = gm_name(part.program)
        pitches = "" if part.role == "drums" else f", {pitch_name(part.lowest_pitch)}–{pitch_name(part.highest_pitch)}"
        about = ", ".join(filter(None, (part.role, part.figure, part.articulation)))
        words.append(f"{name} ({about}{pitches})")
    return _some(iter(words), "; ")


def _rhythm(analysis: Analysis) -> str:
    rhythm = analysis.rhythm
    words = [f"{rhythm.subdivision}s", *(trait for trait in rhythm.traits if trait != "pickup")]
    if rhythm.swing_ratio:
        words.append(f"swung {rhythm.swing_ratio:.1f} : 1")
    if rhythm.pickup_quarters:
        words.append(f"upbeat of {rhythm.pickup_quarters:g} quarter notes")
    return ", ".join(dict.fromkeys(words))


def _drums(analysis: Analysis) -> str:
    drumming = analysis.drumming
    words = list(drumming.traits)
    if drumming.pattern:
        words = [f"{drumming.pattern} in {drumming.pattern_share:.0%} of their bars", *words]
        words.remove(drumming.pattern)
    if drumming.fill_bars:
        words.append(f"fills in bars {_some(str(bar + 1) for bar in drumming.fill_bars)}")
    return ", ".join(words)


def _playing(analysis: Analysis) -> str:
    words = list(analysis.expression.traits)
    if analysis.difficulty.grade is not None:
        words.append(f"piano grade {analysis.difficulty.grade} of 9")
    return ", ".join(words)


def pitch_name(pitch: int) -> str:
    """A pitch in scientific notation: 60 is "C4"."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"
