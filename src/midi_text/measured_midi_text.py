"""What was measured of a piece, in a line of plain words: what the model reads beside the notes it describes.

As a request is read twice, in its words and as a sketch in the language of music (`sketch_midi_text`), so is music to
describe: its notes, and the facts and the closer look in the language of words::

    <caption> 3/4; 72 BPM, slow, adagio; D minor; 16 bars, sixteen bars; 40 s, 0:40; violin, piano; soft; melody violin;
    form AABA; chords Dm Gm A7 Dm, Dm-Gm-A7-Dm; one key throughout <midi> … </midi>

What can be counted need not be guessed: to state a fact truly, the decoder need only copy it. What to say, in which
order and with which words, and all that nobody can measure (style, mood, kind of piece) is the model's. Things stand
here under all names that captions give them, for a name is copied sooner than translated; what is not sure is left out.
"""

from __future__ import annotations

from .facts.analysis import Analysis
from .facts.chord import chord_names
from .facts.form import LISTED, Form
from .facts_midi_text import MusicFacts
from .sketch_midi_text import SURE
from .trait_words_midi_text import TRAIT_WORDS
from .truth_midi_text import class_holds
from .vocabulary_midi_text import CLASSES, INSTRUMENTS, NUMBER_WORDS, TEMPO_WORDS

_MOST_PARTS, _MOST_SECTIONS, _MOST_CHORDS = 12, 12, 5


def measured_words(facts: MusicFacts, analysis: Analysis) -> str:
    """The facts and the closer look as one line, the most telling first: who reads but its beginning reads the most."""
    tempo = [f"{round(facts.tempo_bpm)} BPM"]
    tempo += [word.written[0] for word in TEMPO_WORDS if word.low <= facts.tempo_bpm <= word.high]
    seconds = round(facts.duration_seconds)
    said = ["{}/{}".format(*facts.time_signature), ", ".join(tempo)]
    said += [facts.key.name] if facts.key and facts.key_confidence >= SURE else []
    said += [", ".join(f"{number} bars" for number in (facts.bars, *NUMBER_WORDS[facts.bars : facts.bars + 1]))]
    said += [f"{seconds} s, {seconds // 60}:{seconds % 60:02}"]
    said.append(_instruments(facts.programs))
    said += [", ".join(band.written) for fact, bands in CLASSES.items() for name, band in bands.items()
             if class_holds(fact, name, facts)]  # fmt: skip
    parts = [part for part in analysis.parts.parts if part.role in ("melody", "countermelody", "bass")]
    said += [f"{part.role} {INSTRUMENTS[part.program].written[0]}" for part in parts[:_MOST_PARTS]]
    said += [f"{span.key.name} in bar {span.first_bar + 1}" for span in analysis.tonality.spans[1:4]]
    said.append(f"form {_form(analysis.form)}")
    opening = analysis.harmony.progression[:_MOST_CHORDS]
    loop = [chord.in_root_position for chord in analysis.harmony.loop]
    for name, chords in (("chords", opening), ("loop", loop)):
        names = chord_names(chords, facts.key) if chords else ()
        said += [f"{name} {' '.join(names)}, {'-'.join(names)}"] if names else []
    said += [TRAIT_WORDS[trait].keyword if trait in TRAIT_WORDS else trait for trait in sorted(analysis.traits)]
    return "; ".join(said)


def _form(form: Form) -> str:
    """The letters and, where the sections are few, their bars."""
    if not 2 <= len(form.sections) <= _MOST_SECTIONS:
        return "unclear"
    return form.plan + (f", {', '.join(form.listed)}" if len(form.sections) <= LISTED else "")


def _instruments(programs: tuple[int, ...]) -> str:
    named = ", ".join(INSTRUMENTS[program].written[0] for program in programs[:_MOST_PARTS])
    return named + (f" and {len(programs) - _MOST_PARTS} more" if len(programs) > _MOST_PARTS else "")


__all__ = ["measured_words"]
