"""Words against facts: the agreement table, and captions repaired until nothing in them is false."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi_text.agreement_midi_text import agreement
from midi_text.data.captions import write_caption
from midi_text.data.words.labels import UNHEARD
from midi_text.facts.analysis import Analysis
from midi_text.facts.chord import Chord
from midi_text.facts.difficulty import Difficulty
from midi_text.facts.drumming import Drumming
from midi_text.facts.expression import Expression
from midi_text.facts.form import Form, Section
from midi_text.facts.harmony import ChordSpan, Harmony
from midi_text.facts.keys import KeySpan, Tonality
from midi_text.facts.motifs import Motifs
from midi_text.facts.parts import Part, Parts
from midi_text.facts.rhythm import Rhythm
from midi_text.facts.texture import Texture
from midi_text.facts_midi_text import InstrumentFacts, Key, MusicFacts
from midi_text.prompt_midi_text import read_prompt
from midi_text.repair_midi_text import check_caption
from midi_text.truth_midi_text import contradicts

from .test_captions import made, random_analysis, random_facts, random_labels

WALTZ = MusicFacts(
    tempo_bpm=72.0, tempo_changes=False, time_signature=(3, 4), metre_changes=False, key=Key(2, "minor"),
    key_confidence=0.9, instruments=(InstrumentFacts(40, 60, 55, 84), InstrumentFacts(0, 50, 36, 70)), bars=16,
    duration_seconds=40.0, notes=110, notes_per_second=2.75, lowest_pitch=36, highest_pitch=84, polyphony=2.5,
    max_polyphony=4, velocity_mean=60.0, velocity_spread=9.0, articulation=1.0,
)  # fmt: skip


def chords(names: str) -> tuple[Chord, ...]:
    return tuple(map(Chord.parse, names.split()))


# The waltz: eight bars in D minor on Dm Gm A7 Dm, four in F major, the first four again; the violin sings.
_SPANS = tuple(
    ChordSpan(3.0 * i, 3.0 * i + 3, chord)
    for i, chord in enumerate(chords("Dm Gm/Bb A7 Dm Gm A7 Dm F C7 F Bb Dm Gm A7 Dm"))
)
CLOSER = Analysis(
    tonality=made(
        Tonality, traits=("modulates",),
        spans=(KeySpan(0, 8, Key(2, "minor")), KeySpan(8, 12, Key(5, "major")), KeySpan(12, 16, Key(2, "minor"))),
    ),
    harmony=made(Harmony, chords=_SPANS, loop=chords("Dm Gm A7"), loop_repeats=3, traits=("seventh chords",)),
    form=made(Form, sections=(Section("A", 0, 8), Section("B", 8, 4), Section("A", 12, 4)), traits=("ternary form",)),
    motifs=made(Motifs), rhythm=made(Rhythm), drumming=made(Drumming),
    parts=made(
        Parts, traits=("oom-pah-pah",),
        parts=(made(Part, track=0, program=40, role="melody"), made(Part, track=1, program=0, role="bass")),
    ),
    texture=made(Texture, traits=("melody and accompaniment",)), expression=made(Expression, traits=("rubato",)),
    difficulty=made(Difficulty),
)  # fmt: skip


def rows(prompt: str, facts: MusicFacts = WALTZ, analysis: Analysis | None = None) -> dict[str, tuple[str, str, bool]]:
    return {row.fact: (row.asked, row.measured, row.met) for row in agreement(read_prompt(prompt), facts, analysis)}


def test_agreement_of_a_met_prompt() -> None:
    assert rows("a slow waltz in D minor for violin and piano, 16 bars, soft, sparse") == {
        "tempo_bpm": ("20 to 76 BPM", "72 BPM", True),
        "time_signature": ("3/4", "3/4", True),
        "key": ("D minor", "D minor", True),
        "instrument": ("piano", "piano", True),
        "other instruments": ("none", "none", True),
        "bars": ("16", "16", True),
        "density": ("sparse", "2.75 notes per second", True),
        "dynamics": ("soft", "60 mean velocity", True),
    }


@pytest.mark.parametrize(
    ("prompt", "fact", "row"),
    [
        ("120 bpm", "tempo_bpm", ("120 BPM", "72 BPM", False)),
        ("72.4 bpm", "tempo_bpm", ("72.4 BPM", "72 BPM", True)),
        ("in a major key", "mode", ("major", "minor", False)),
        ("in D major", "key", ("D major", "D minor", False)),
        ("for flute", "instrument", ("flute", "absent", False)),
        ("for violin", "other instruments", ("none", "piano", False)),
        ("strings", "instrument", ("strings", "violin", True)),
        ("no drums", "excluded instrument", ("no drums", "absent", True)),
        ("without piano", "excluded instrument", ("no piano", "piano", False)),
        ("about 15 bars", "bars", ("14 to 16", "16", True)),
        ("42 seconds", "duration_seconds", ("42 s", "40 s", True)),
        ("50 seconds", "duration_seconds", ("50 s", "40 s", False)),
        ("monophonic", "texture", ("monophonic", "4 notes at once", False)),
        ("in a high register", "register", ("high", "pitches 36 to 84", False)),
    ],
)
def test_agreement_rows(prompt: str, fact: str, row: tuple[str, str, bool]) -> None:
    assert rows(prompt)[fact] == row


@pytest.mark.parametrize(
    ("prompt", "fact", "row"),
    [
        ("a rubato waltz", "trait", ("rubato", "rubato", True)),
        ("a syncopated waltz", "trait", ("syncopated", "none", False)),
        ("no rubato", "excluded trait", ("no rubato", "rubato", False)),
        ("no triplets", "excluded trait", ("no triplets", "none", True)),
        ("over Dm Gm A7", "chords", ("Dm Gm A7", "Dm Gm A7", True)),
        ("chords: Gm A7 Dm", "chords", ("Gm A7 Dm", "Dm Gm A7", True)),
        ("chords: Gm, A, Dm", "chords", ("Gm A Dm", "Dm Gm A7", True)),  # A7 is an A chord
        ("chords: Gm7 A7 Dm", "chords", ("Gm7 A7 Dm", "Dm Gm A7", False)),  # ... but Gm no Gm7
        ("chords: Dm A7 Gm", "chords", ("Dm A7 Gm", "Dm Gm A7", False)),
        ("chords: F C F F Bb", "chords", ("F C F F Bb", "Dm Gm A7", True)),  # two bars of F are one chord
        ("an i iv V progression", "roman", ("i iv V", "Dm Gm A7", True)),
        ("an i iv v progression", "roman", ("i iv v", "Dm Gm A7", False)),
        ("form ABA", "form", ("ABA", "ABA", True)),
        ("AABA", "form", ("AABA", "ABA", False)),
        ("from D minor to F major", "key change", ("F major", "F major, D minor", True)),
        ("modulates to G major", "key change", ("G major", "F major, D minor", False)),
        ("violin melody", "melody", ("melody on violin", "violin", True)),
        ("melody on the piano", "melody", ("melody on piano", "violin", False)),
        ("melody on strings", "melody", ("melody on strings", "violin", True)),
        ("bass line on piano", "bass", ("bass on piano", "piano", True)),
    ],
)
def test_rows_of_the_closer_look(prompt: str, fact: str, row: tuple[str, str, bool]) -> None:
    assert rows(prompt, analysis=CLOSER)[fact] == row
    assert fact not in rows(prompt)  # without an analysis there is nothing to lay beside


@pytest.mark.parametrize(
    ("fact", "value", "holds"),
    [
        ("cadence", "authentic", False),
        ("performed", True, False),
        ("pickup", True, False),
        ("style", "jazz", True),
        ("form", "ABA", True),
    ],
)
def test_facts_that_captions_state(fact: str, value: object, holds: bool) -> None:
    assert contradicts(fact, value, WALTZ, CLOSER) is not holds
    assert contradicts(fact, value, WALTZ) is (fact != "style")  # not borne out without an analysis


@pytest.mark.parametrize(
    ("caption", "with_analysis", "without"),
    [
        ("A rubato waltz.", "A rubato waltz.", "A waltz."),
        ("A syncopated waltz in D minor.", "A waltz in D minor.", "A waltz in D minor."),
        ("A waltz over Am F C G.", "A waltz over Dm Gm A7.", "A waltz."),
        ("A waltz in AABA form.", "A waltz in ABA form.", "A waltz."),
        ("A sad jazz waltz.", "A sad jazz waltz.", "A sad jazz waltz."),
        ("A waltz with a piano melody, for violin and piano.", "A waltz with a violin melody, for violin and piano.",
         "A waltz, for violin and piano."),
        ("The tempo bends freely. Violin and piano, with rubato and in D minor; a backbeat drives it.",
         "The tempo bends freely. Violin and piano, with rubato and in D minor.", "Violin and piano and in D minor."),
    ],
)  # fmt: skip
def test_repairs_what_only_the_analysis_can_tell(caption: str, with_analysis: str, without: str) -> None:
    assert check_caption(caption, WALTZ, CLOSER).text == with_analysis
    assert check_caption(caption, WALTZ).text == without


def test_no_contradiction_is_left_with_an_analysis() -> None:
    rng = random.Random(14)
    before = 0
    for _ in range(250):
        facts, others = random_facts(rng), random_facts(rng)
        analysis = random_analysis(facts, rng)
        text = write_caption(others, random_labels(rng), rng, analysis=random_analysis(others, rng))
        checked = check_caption(text, facts, analysis)
        before += checked.contradicted_before
        assert not [s for s in checked.statements if contradicts(s.fact, s.value, facts, analysis)]
    assert before > 600


def test_nothing_asked_nothing_tabulated() -> None:
    assert agreement(read_prompt("a sad song about the sea"), WALTZ) == ()


def test_drums_alone_have_no_key() -> None:
    kit = (InstrumentFacts(128, 9, 36, 50),)
    drums = replace(WALTZ, key=None, lowest_pitch=None, highest_pitch=None, instruments=kit)
    assert rows("in D minor, legato, high register", drums) == {
        "key": ("D minor", "none", False),
        "articulation": ("legato", "no pitches", False),
        "register": ("high", "no pitches", False),
    }


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("A slow waltz in D minor for violin and piano.", "A slow waltz in D minor for violin and piano."),
        ("A fast waltz in G major for violin and piano.", "A slow waltz in D minor for violin and piano."),
        ("A slow 4/4 piece in A minor for flute and piano.", "A slow 3/4 piece in D minor for violin and piano."),
        ("A slow jig.", "A slow piece."),
        ("A piece for violin, piano and drums.", "A piece for violin, piano."),
        ("A piece for violin, drums and piano.", "A piece for violin and piano."),
        ("A violin with piano. It has 8 bars at 120 BPM.", "A violin with piano. It has 16 bars at 72 BPM."),
        ("An 8-bar tune lasting 2 minutes.", "A 16-bar tune lasting 40 seconds."),
        ("A loud, dense piece without piano.", "A soft, sparse piece."),
        (
            "Key: C major\nTempo: Presto\nInstruments: organ",
            "Key: D minor\nTempo: Larghetto\nInstruments: violin and piano",
        ),
        ("A happy tune in a major key.", "A happy tune in a minor key."),
        ("A piece in a high register.", "A piece."),
        ("", ""),
        ("no statement at all 🎹", "no statement at all 🎹"),
    ],
)
def test_repairs(caption: str, expected: str) -> None:
    assert check_caption(caption, WALTZ).text == expected


def test_sections_are_told_by_the_bars_that_they_have() -> None:
    true = "Violin and piano, with A (bars 1-8), B (bars 9-12) and A (bars 13-16)."
    assert check_caption(true, WALTZ, CLOSER).text == true
    for told in (
        "A (bars 1-8), B (bars 9-16)",
        "A (bars 1-4), A (bars 5-8) and B (bar 9)",
        "A (bars 1-4), B (bars 5-12)",
    ):
        checked = check_caption(f"Violin and piano, with {told}.", WALTZ, CLOSER)
        assert checked.text == true
        assert checked.repaired == (f"{told} -> A (bars 1-8), B (bars 9-12) and A (bars 13-16)",)
    assert check_caption(true, WALTZ).text == "Violin and piano."
    assert check_caption("It is for violin and piano. It has A (bars 1-8), B (bars 9-16).", WALTZ).text == (
        "It is for violin and piano."
    )


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Violin and piano. One soon notices a fast harmonic rhythm.", "Violin and piano."),
        ("Violin and piano. Drum fills come in bar 4.", "Violin and piano."),
        ("Violin and piano. The mass setting is cast in a fugal texture.", "Violin and piano."),
        ("A waltz for violin as well as drums. Piano.", "A waltz for violin. Piano."),
        ("Violin and piano. It covers a high register; the music is dense.", "Violin and piano. The music is sparse."),
        ("Organ. Piano.", "Violin. Piano."),
        (
            "A waltz for piano alone, at 72 BPM. It is for a violin.",
            "A waltz for piano, at 72 BPM. It is for a violin.",
        ),
        ("A waltz for piano, violin, piano with a violin.", "A waltz for piano, violin."),
        (
            "A waltz for violin and piano. The violin and the piano play.",
            "A waltz for violin and piano. The violin and the piano play.",
        ),
        ("A folk folk folk folk piece. Cha cha cha.", "A folk piece. Cha cha cha."),
        ("It is in the hands of an organ, with violin.", "It is in the hands of a piano, with violin."),
        ("loud / organ solo / dotted rhythms / violin", "soft / piano solo / violin"),
        ("Piano, violin and drums..", "Piano, violin."),
        ("A mass given to violin and piano in Lydian mode.", "A mass given to violin and piano in Lydian mode."),
    ],
)
def test_what_is_cut_leaves_sentences(caption: str, expected: str) -> None:
    assert check_caption(caption, WALTZ).text == expected


def test_no_sentence_is_left_hanging() -> None:
    rng = random.Random(13)
    hanging = re.compile(
        r"\b(?:an?|the|with|for|of|and|as|in|on|to|is|are|plus)[.;]|[.!?] ?[a-z]|\x00|\b(?:an?|the) (?:in|with|is)\b"
    )
    broken = 0
    for _ in range(400):
        text = write_caption(random_facts(rng), random_labels(rng), rng)
        if not hanging.search(text):
            broken += bool(hanging.search(check_caption(text, random_facts(rng)).text))
    assert broken <= 4


def test_reports_what_it_did() -> None:
    checked = check_caption("A fast waltz in G major for violin, piano and drums.", WALTZ)
    assert (checked.stated_before, checked.contradicted_before) == (6, 3)
    assert checked.dropped == ("drums",)
    assert checked.repaired[1] == "G major -> D minor"


def test_true_captions_stay_as_they_are() -> None:
    rng = random.Random(11)
    for _ in range(500):
        facts = random_facts(rng)
        labels = {name: value for name, value in random_labels(rng).items() if name not in UNHEARD}
        text = write_caption(facts, labels, rng)
        checked = check_caption(text, facts)
        assert (checked.text, checked.repaired, checked.dropped, checked.contradicted_before) == (text, (), (), 0)


def test_no_contradiction_is_left_in_captions_of_other_pieces() -> None:
    rng = random.Random(12)
    before = 0
    for _ in range(500):
        facts = random_facts(rng)
        checked = check_caption(write_caption(random_facts(rng), random_labels(rng), rng), facts)
        before += checked.contradicted_before
        assert not [s for s in checked.statements if contradicts(s.fact, s.value, facts)]
        assert checked.statements == read_prompt(checked.text).statements
    assert before > 1000


_WORDS = (
    "A slow fast waltz in D minor major for violin drums and piano , . 3/4 120 BPM about 16 bars - bar no without soft "
    "register with high a the of synth bass 2 minutes texture 🎹 \n It is ; syncopated rubato walking AABA form "
    "Am F C G I vi IV V melody modulates to and over line / jazz sad"
).split(" ")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=40), st.integers(0, 1000))
def test_repair_of_any_words(words: list[str], seed: int) -> None:
    rng = random.Random(seed)
    facts = random_facts(rng)
    for analysis in (None, random_analysis(facts, rng)):
        checked = check_caption(" ".join(words), facts, analysis)
        assert not [s for s in read_prompt(checked.text).statements if contradicts(s.fact, s.value, facts, analysis)]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_repair_of_any_text(text: str) -> None:
    assert check_caption(text, WALTZ).statements == read_prompt(check_caption(text, WALTZ).text).statements


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("A waltz for solo piano.", "A waltz for piano and violin."),
        ("A solo violin piece in 3/4.", "A violin and piano piece in 3/4."),
        ("A waltz for violin and piano.", "A waltz for violin and piano."),
        ("A waltz for piano and other instruments.", "A waltz for piano and other instruments."),
        ("A slow waltz.", "A slow waltz."),
        ("A waltz for flute.", "A waltz for violin and piano."),
    ],
)
def test_a_list_of_instruments_is_complete_or_says_that_it_is_not(said: str, becomes: str) -> None:
    assert check_caption(said, WALTZ).text == becomes


def test_many_forgotten_instruments_are_not_listed() -> None:
    band = replace(WALTZ, instruments=tuple(InstrumentFacts(p, 9, 50, 60) for p in (0, 24, 40, 56, 60, 71)))
    assert check_caption("A tune for solo flute.", band).text == "A tune for piano and other instruments."


@pytest.mark.parametrize(
    ("caption", "expected"),
    [("A waltz for violin and piano, written by Łukasz Ber, in D minor.", "A waltz for violin and piano, in D minor."),
     ("A waltz by J. S. Bach for violin and piano.", "A waltz for violin and piano."),
     ("A slow piece by a Polish composer. It is written by Carl von Weber.", "A slow piece."),
     ("It is by Franz Schubert (1797-1828).", "A piece of music."),
     ("A waltz in 3/4. The music is written by Józef Ber. It is in D minor. It is by J. Ber. It is slow.",
      "A waltz in 3/4. It is in D minor. It is slow."),
     ("A slow song to words by Heinrich Heine. It comes from the pen of Hugo Wolf. Its composer was Hugo Wolf.",
      "A slow song."),
     ("A slow waltz. Clara Wieck wrote it. The composer is Clara Wieck.", "A slow waltz."),
     *[("A slow waltz, ruled by D minor and closed by Amen chords.",) * 2]],
)  # fmt: skip
def test_a_caption_does_not_say_who_wrote_the_music(caption: str, expected: str) -> None:
    checked = check_caption(caption, WALTZ)
    assert checked.text == expected
    assert bool(checked.dropped) == (caption != expected)
