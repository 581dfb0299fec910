"""Captions and prompts are true of the facts, seeded, and varied."""

from __future__ import annotations

import random
import re
import time
from dataclasses import fields
from typing import Any

import pytest

from midi_text.data.captions import compose_text, write_caption, write_prompt
from midi_text.data.fragments import article, join_words
from midi_text.facts.analysis import Analysis
from midi_text.facts.chord import QUALITIES, Chord
from midi_text.facts.difficulty import Difficulty
from midi_text.facts.drumming import Drumming
from midi_text.facts.expression import Expression
from midi_text.facts.form import Form, Section
from midi_text.facts.harmony import ChordSpan, Harmony
from midi_text.facts.keys import KeySpan, Tonality
from midi_text.facts.motifs import Motif, Motifs
from midi_text.facts.parts import Part, Parts
from midi_text.facts.rhythm import Rhythm
from midi_text.facts.texture import Texture
from midi_text.facts.traits import TRAITS
from midi_text.facts_midi_text import InstrumentFacts, Key, MusicFacts
from midi_text.prompt_midi_text import read_prompt
from midi_text.truth_midi_text import contradicts

LABELS: tuple[dict[str, Any], ...] = (
    {},
    {"genre": "folk", "dance_type": "waltz", "style": "British and Irish traditional dance music", "title": "The Rose"},
    {"genre": "rock", "drum_style": "rock/halftime", "style": "halftime", "beat_or_fill": "beat", "bpm": 95},
    {"genre": "art song (Lied)", "composer": "Franz Schubert", "tempo_word": "Ziemlich langsam", "date": "c.1828"},
    {"form": "string quartet", "genre": "chamber music", "composer": "Joseph Haydn", "tempo_word": "Allegro assai"},
    {"genre": "pop", "style": "Mandarin/Cantonese pop, piano arrangement", "artist": "胡歌", "title": "逍遥叹"},
    {"genre": "sacred", "form": "mass", "nationality": "Polish", "title": "Missa ex D", "date": "18th Century"},
    {"genre": "funk", "style": "fast", "drum_style": "funk/fast", "beat_or_fill": "fill"},
    {"genre": "video game music", "style": "first-person shooter soundtrack", "title": "Sonata in C minor", "slot": 3},
    {"style": "Baroque", "form": None, "composer": "", "title": "Prelude and Fugue No. 1 in C Major"},
)


def random_labels(rng: random.Random) -> dict[str, Any]:
    return rng.choice(LABELS)


def random_facts(rng: random.Random) -> MusicFacts:
    """Facts that contradict each other nowhere but are otherwise anything."""
    programs = rng.sample(range(129), rng.choice((1, 1, 2, 2, 3, 4, 6, 9)))
    if rng.random() < 0.15:
        programs = [128]
    pitched = programs != [128]
    low = rng.randint(24, 80)
    high = rng.randint(low, 108)
    seconds, notes = rng.uniform(0.6, 900), rng.randint(1, 5000)
    metre = rng.choice(((4, 4), (3, 4), (6, 8), (2, 4), (5, 4), (7, 8), (2, 1), (12, 8), (2, 2)))
    return MusicFacts(
        tempo_bpm=round(rng.uniform(25, 320), rng.choice((0, 2))),
        tempo_changes=rng.random() < 0.2,
        time_signature=metre,
        metre_changes=rng.random() < 0.2,
        key=Key(rng.randrange(12), rng.choice(("major", "minor"))) if pitched else None,
        key_confidence=rng.random() if pitched else 0.0,
        instruments=tuple(InstrumentFacts(p, 9, low, high) for p in programs),
        bars=rng.choice((1, 2, 4, 8, 12, 16, 17, 32, 101)),
        duration_seconds=seconds,
        notes=notes,
        notes_per_second=notes / seconds,
        lowest_pitch=low if pitched else None,
        highest_pitch=high if pitched else None,
        polyphony=rng.uniform(1, 6) if pitched else 0.0,
        max_polyphony=rng.randint(1, 9) if pitched else 0,
        velocity_mean=rng.uniform(10, 120),
        velocity_spread=rng.choice((0.0, 12.0)),
        articulation=rng.uniform(0.2, 1.4) if pitched else 1.0,
    )


def random_analysis(facts: MusicFacts, rng: random.Random) -> Analysis:
    """An analysis that fits the facts, with any traits."""

    def traits(topic: str) -> tuple[str, ...]:
        names = TRAITS[topic]
        return tuple(rng.sample(names, rng.randint(0, min(3, len(names)))))

    chords = [Chord(root := rng.randrange(12), rng.choice(tuple(QUALITIES)), root) for _ in range(6)]
    loop = tuple(dict.fromkeys(chords))[: rng.choice((0, 3, 4))]
    spans = [ChordSpan(float(i), i + 1.0, chord) for i, chord in enumerate((loop or tuple(chords)) * 2)]
    letters = rng.choice(("A", "AB", "AABA", "ABA", "ABACA", "AABB", "ABCDEFGHIJ"))
    keys = [facts.key, *(Key(rng.randrange(12), "minor") for _ in range(rng.choice((0, 1, 2))))] if facts.key else []
    figures = [None, *TRAITS["parts"]]
    roles = ("melody", "bass", "accompaniment", "countermelody")
    parts = tuple(
        made(
            Part, track=i, program=one.program, lowest_pitch=one.lowest_pitch, highest_pitch=one.highest_pitch,
            role="drums" if one.program == 128 else roles[min(i, 3)], figure=rng.choice(figures),
        )
        for i, one in enumerate(facts.instruments)
    )  # fmt: skip
    tonal, harmonic = set(traits("tonality")), set(traits("harmony"))
    tonal = tonal | {"modulates"} if len(keys) > 1 else tonal - {"modulates"}
    harmonic = harmonic | {"repeated chord loop"} if loop else harmonic - {"repeated chord loop"}
    return Analysis(
        made(Tonality, spans=tuple(KeySpan(8 * i, 8 * i + 8, key) for i, key in enumerate(keys)), traits=tuple(tonal)),
        made(Harmony, chords=tuple(spans), loop=loop, loop_repeats=2, cadences=(), traits=tuple(harmonic)),
        made(Form, sections=tuple(Section(x, 8 * i, 8) for i, x in enumerate(letters)), traits=traits("form")),
        made(Motifs, motifs=(made(Motif, bars=(0, 4, 8)),), traits=traits("motifs")),
        made(Rhythm, heard_metre=facts.time_signature, traits=traits("rhythm")),
        made(Drumming, fill_bars=(3, 7), traits=traits("drumming") if facts.has_drums else ()),
        made(Parts, parts=parts, traits=traits("parts")),
        made(Texture, traits=traits("texture")),
        made(Expression, traits=traits("expression")),
        made(Difficulty, traits=traits("difficulty") if facts.programs == (0,) else ()),
    )


def made(kind: Any, **known: Any) -> Any:
    """An instance of a dataclass with 0, "" or () for what is not given."""
    blank = {"int": 0, "float": 0.0, "str": "", "bool": False}
    return kind(**{f.name: blank.get(str(f.type), ()) for f in fields(kind)} | known)


@pytest.mark.parametrize("write", [write_caption, write_prompt])
def test_every_statement_is_true(write: Any) -> None:
    rng = random.Random(3)
    for _ in range(1500):
        facts = random_facts(rng)
        text = write(facts, random_labels(rng), rng)
        assert text.strip()
        wrong = [s for s in read_prompt(text).statements if contradicts(s.fact, s.value, facts)]
        assert not wrong, (text, wrong)


def test_same_seed_same_text() -> None:
    facts = random_facts(random.Random(0))
    rngs = (random.Random(5), random.Random(5))
    first, again = ([write_caption(facts, LABELS[1], rng) for _ in range(20)] for rng in rngs)
    assert first == again
    assert len(set(first)) > 15


def test_key_is_stated_only_when_confident() -> None:
    rng = random.Random(1)
    for _ in range(300):
        facts = random_facts(rng)
        written = compose_text(facts, {}, rng, min_key_confidence=1.1)
        assert not {fact for fact, _ in written.stated} & {"key", "mode"}


def test_labels_that_name_a_key_are_left_out() -> None:
    """Training transposes; a title would stay in its key."""
    rng = random.Random(2)
    texts = [write_caption(random_facts(rng), LABELS[i], rng) for i in (6, 8, 9) for _ in range(200)]
    assert not [t for t in texts if re.search(r"Missa ex|Sonata in|Prelude and", t)]


def test_label_words_appear_as_given() -> None:
    rng = random.Random(2)
    text = " ".join(write_prompt(random_facts(rng), LABELS[3], rng) for _ in range(300))
    assert all(words in text for words in ("Franz Schubert", "art song", "19th-century"))


def test_kind_is_checked() -> None:
    rng = random.Random(0)
    with pytest.raises(ValueError, match="kind must be 'caption' or 'prompt'"):
        compose_text(random_facts(rng), {}, rng, kind="poem")


def test_texts_are_varied() -> None:
    """Distinct-3: the share of different runs of three words among all, over 500 texts of different pieces."""
    rng = random.Random(4)
    for write in (write_caption, write_prompt):
        runs = []
        for _ in range(500):
            words = write(random_facts(rng), random_labels(rng), rng).split()
            runs += [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
        assert len(set(runs)) / len(runs) > 0.6


def test_writing_is_fast() -> None:
    rng = random.Random(4)
    facts = [random_facts(rng) for _ in range(200)]
    start = time.perf_counter()
    for one in facts * 5:
        write_prompt(one, LABELS[1], rng)
    assert time.perf_counter() - start < 1.5  # 1,000 texts, some 0.1 s; written on the fly in training


@pytest.mark.parametrize(
    ("noun", "expected"),
    [("8-bar tune", "an 8-bar tune"), ("11-bar tune", "an 11-bar tune"), ("18/8", "an 18/8"), ("80-bar", "an 80-bar"),
     ("118 BPM", "a 118 BPM"), ("one-bar fill", "a one-bar fill"), ("F# minor waltz", "an F# minor waltz"),
     ("D minor waltz", "a D minor waltz"), ("E-flat major", "an E-flat major"), ("allegro", "an allegro")],
)  # fmt: skip
def test_article(noun: str, expected: str) -> None:
    assert article(noun) == expected


def test_join_words() -> None:
    assert [join_words(w) for w in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
