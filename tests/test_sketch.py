"""The sketch: what is asked, as events that the encoder reads."""

import random
from pathlib import Path

import pytest
import symusic

from midi_text.facts.analysis import analyze
from midi_text.facts.chord import Chord
from midi_text.facts_midi_text import DRUMS, Key, measure_facts
from midi_text.processing_midi_text import MidiTextProcessor
from midi_text.request_midi_text import Wishes, understand
from midi_text.sketch_midi_text import MAX_BARS, Sketch, sketch_of, thinned

CHORDS = {"Dm": (62, 65, 69), "Gm": (55, 58, 62), "A7": (57, 61, 64, 67)}


def waltz(bars: int = 4) -> symusic.core.ScoreTick:
    """A waltz in D minor over Dm, Gm, A7, Dm, for piano, a violin above it."""
    score = symusic.Score(48)
    score.tempos = [symusic.Tempo(0, qpm=90)]
    score.time_signatures = [symusic.TimeSignature(0, 3, 4)]
    piano, violin = symusic.Track(program=0), symusic.Track(program=40)
    for bar in range(bars):
        tones = CHORDS[("Dm", "Gm", "A7", "Dm")[bar % 4]]
        for beat in range(3):
            for pitch in tones if beat else (tones[0] - 12,):
                piano.notes.append(symusic.Note(144 * bar + 48 * beat, 48, pitch, 80))
        violin.notes.append(symusic.Note(144 * bar, 144, tones[-1] + 12, 80))
    score.tracks = [piano, violin]
    return score


def test_a_request_is_sketched_in_order():
    request = understand("a waltz in D minor for violin and piano over Dm Gm A7 Dm, 96 BPM, 8 bars, with drums")
    assert request.sketch.events == [
        "TimeSig_3/4",
        "Tempo_96.0",
        "Program_40",
        "Program_0",
        "Program_-1",
        *("Pitch_62", "Pitch_65", "Pitch_69"),
        *(2 * ["Bar_None", "Pitch_50", "Pitch_53", "Pitch_57", "Bar_None", "Pitch_55", "Pitch_58", "Pitch_62",
               "Bar_None", "Pitch_57", "Pitch_61", "Pitch_64", "Pitch_67", "Bar_None", "Pitch_50", "Pitch_53",
               "Pitch_57"]),
    ]  # fmt: skip


def test_nothing_asked_is_an_empty_sketch():
    assert understand("").sketch.events == []
    assert understand("something with a lot of feeling").sketch.events == []


def test_loose_wishes_are_settled_inside_the_locks():
    for seed in range(20):
        request = understand("a slow piece in a minor key for strings, 8 to 12 bars", None, seed)
        assert request.locks.tempo_bpm is not None
        low, high = request.locks.tempo_bpm
        assert request.sketch.tempo_bpm is not None
        assert low <= request.sketch.tempo_bpm <= high
        assert request.sketch.key == request.locks.key
        assert request.sketch.bars is not None
        assert 8 <= request.sketch.bars <= 12
        assert len(request.sketch.programs) == 1
        assert request.sketch.programs[0] in request.locks.families[0]


def test_arguments_are_sketched():
    wishes = Wishes(tempo_bpm=71.6, key="Bb minor", time_signature=(6, 8), instruments=["tuba", DRUMS], bars=3)
    assert understand("", wishes).sketch == Sketch((6, 8), 72, (58, DRUMS), Key(10, "minor"), 3)


def test_every_event_of_a_sketch_is_one_of_the_vocabulary(tiny_checkpoint: Path):
    processor = MidiTextProcessor.from_pretrained(tiny_checkpoint)
    chords = tuple(Chord(root, quality, root) for root in range(12) for quality in ("maj7", "dim7", "minmaj7"))
    for key in (Key(11, "major"), Key(0, "minor")):
        for tempo in (30, 250):
            sketch = Sketch((12, 8), tempo, (0, 127, DRUMS), key, 40, chords)
            ids = processor.tokenizer.event_ids(sketch.events)
            assert [processor.tokenizer.token_events[i] for i in ids] == [(event,) for event in sketch.events]


def test_long_pieces_are_sketched_up_to_a_limit():
    assert Sketch(bars=500).events == ["Bar_None"] * MAX_BARS


def test_the_sketch_of_a_piece_is_what_its_request_would_be():
    score = waltz(8)
    facts = measure_facts(score)
    sketch = sketch_of(facts, analyze(score, facts))
    assert (sketch.time_signature, sketch.tempo_bpm, sketch.bars) == ((3, 4), 90, 8)
    assert sketch.programs == facts.programs
    assert sketch.key == Key(2, "minor")
    assert [chord.in_root_position.name for chord in sketch.chords if chord] == ["Dm", "Gm", "A7", "Dm"] * 2


def test_a_changing_metre_or_tempo_is_not_sketched():
    score = waltz(8)
    score.time_signatures.append(symusic.TimeSignature(4 * 144, 4, 4))
    score.tempos.append(symusic.Tempo(4 * 144, qpm=140))
    facts = measure_facts(score)
    sketch = sketch_of(facts, analyze(score, facts))
    assert (sketch.time_signature, sketch.tempo_bpm, sketch.chords) == (None, None, ())


def test_a_sketch_moves_with_its_music():
    score = waltz(8)
    facts = measure_facts(score)
    analysis = analyze(score, facts)
    moved = sketch_of(facts.transposed(3), analysis.transposed(3))
    assert moved.key == Key(5, "minor")
    assert [chord.root for chord in moved.chords if chord][:3] == [5, 10, 0]


@pytest.mark.parametrize("seed", range(5))
def test_thinning_only_leaves_out(seed: int):
    full = Sketch((3, 4), 90, (0, 40), Key(2, "minor"), 8, (Chord(2, "min", 2),))
    rng = random.Random(seed)
    seen = [thinned(full, rng) for _ in range(200)]
    for field in ("time_signature", "tempo_bpm", "key", "bars", "chords"):
        values = {getattr(each, field) for each in seen}
        assert values == {getattr(full, field), () if field == "chords" else None}
    assert {frozenset(each.programs) for each in seen} == {frozenset(), frozenset((0, 40))}
    assert Sketch() in seen


@pytest.mark.parametrize("sketches", [False, True])
def test_a_checkpoint_is_shown_sketches_only_if_it_reads_them(tiny_checkpoint: Path, tmp_path: Path, sketches: bool):
    processor = MidiTextProcessor.from_pretrained(tiny_checkpoint)
    processor.sketches = sketches
    processor.save_pretrained(tmp_path)
    again = MidiTextProcessor.from_pretrained(tmp_path)
    request = understand("a march in C major")
    words = again.encode("compose", request.text)
    ids = again.encode_request("compose", request)
    assert ids[: len(words)] == words
    assert (len(ids) > len(words)) == sketches
