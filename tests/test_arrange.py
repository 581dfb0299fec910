"""Tunes dressed as bands stay the tunes, over real drumming, and say where both came from."""

import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import pytest
from symusic.core import NoteTick, ScoreTick, TempoTick, TimeSignatureTick, TrackTick

from midi_text.data.arrange import arrangements, read_grooves
from midi_text.data.augment import augment
from midi_text.data.bands import arrange_corpus
from midi_text.data.examples import BuildSettings, examples
from midi_text.data.recipes import BASS, RECIPES
from midi_text.data.sources import Piece, read_pieces
from midi_text.facts.analysis import analyze
from midi_text.facts_midi_text import measure_facts
from midi_text.records import DataManifest
from midi_text.score_midi_text import read_score, write_score

MELODY = (67, 64, 65, 67, 69, 67, 65, 64, 62, 65, 67, 71, 72, 71, 67, 64)
CHORDS = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))


def make(tracks: dict[int, list[tuple[float, float, int, int]]], beats: int = 4, tempo: float = 110) -> bytes:
    """Program -> notes as (beat, length, pitch, velocity); 128 is drums."""
    score = ScoreTick(480)
    score.tempos.append(TempoTick(0, qpm=tempo))
    score.time_signatures.append(TimeSignatureTick(0, beats, 4))
    for program, notes in tracks.items():
        track = TrackTick("", program % 128, program == 128)
        for beat, length, pitch, velocity in notes:
            track.notes.append(NoteTick(round(beat * 480), round(length * 480), pitch, velocity))
        score.tracks.append(track)
    return write_score(score)


def tune(beats: int = 4) -> Piece:
    melody = [(float(i), 0.9, MELODY[(i * 4 // beats) % 16], 70) for i in range(16 * beats)]
    chords = [(beats * bar, beats * 0.98, p, 60) for bar in range(16) for p in CHORDS[bar % 4]]
    midi = make({73: melody, 0: chords}, beats)
    labels = {"title": "A tune", "genre": "folk", "dance_type": "reel"}
    return Piece("tunes/one", midi, "train", "tunes", "MIT", "Anna", labels, "tunes/one")


def groove(style: str, *, split: str = "train", kind: str = "beat", tempo: float = 112) -> Piece:
    notes = [(b, 0.1, 36, 100) for b in range(8)] + [(b + 1, 0.1, 38, 90) for b in range(0, 8, 2)]
    notes += [(b / 2, 0.1, 42, 60) for b in range(16)]
    labels = {"drum_style": f"{style}/x", "beat_or_fill": kind}
    return Piece(
        f"g/{style}-{kind}-{split}", make({128: notes}, tempo=tempo), split, "groove", "CC-BY-4.0", "Ben", labels
    )


STYLES = sorted({style for recipe in RECIPES for style in recipe.drum_styles})


def test_every_recipe_keeps_the_tune():
    grooves = read_grooves(groove(style) for style in STYLES) + read_grooves([groove("rock", kind="fill")])
    grooves = [dataclasses.replace(g, tempo_bpm=t) for g in grooves for t in (70, 95, 120, 150, 185)]
    made = list(arrangements(tune(), grooves, count=len(RECIPES)))
    assert {piece.labels["arrangement"] for piece in made} == {r.name for r in RECIPES if 4 in r.metres}
    for piece in made:
        score = read_score(piece.midi).score
        facts = measure_facts(score)
        recipe = next(r for r in RECIPES if r.name == piece.labels["arrangement"])
        assert facts.key.name == "C major"
        assert facts.bars == 16
        assert recipe.tempo_bpm[0] <= facts.tempo_bpm <= recipe.tempo_bpm[1]
        assert facts.has_drums == bool(recipe.drum_styles)
        assert recipe.bass[0] in facts.programs
        lead = next(t.notes.numpy() for t in score.tracks if t.program in recipe.melodies and len(t.notes) == 64)
        onset = np.round(lead["time"] / score.ticks_per_quarter, 3)
        assert onset.tolist() == list(range(64))
        assert {int(a) - b for a, b in zip(lead["pitch"], MELODY * 4, strict=True)} <= {-24, -12, 0, 12, 24}
        spans = [span for span in analyze(score).harmony.chords if span.chord]
        held = {root: sum(s.end_beat - s.start_beat for s in spans if s.chord.root == root) for root in (0, 5, 7)}
        assert held[0] + held[5] + held[7] > 0.7 * 64


def test_it_says_what_it_is_and_whose():
    (made,) = arrangements(tune(), read_grooves([groove("rock")]), count=1, seed=3)
    assert made.id.startswith("tunes/one+")
    assert made.group == "tunes/one"
    assert made.split == "train"
    assert made.labels["dance_type"] == "reel"
    assert "title" not in made.labels
    assert made.labels["genre"] != "folk" or made.labels["arrangement"] == "folk band"
    drums = measure_facts(read_score(made.midi).score).has_drums
    assert made.licence == ("MIT AND CC-BY-4.0" if drums else "MIT")
    assert made.attribution == ("Anna; Ben; arranged by midi-text" if drums else "Anna; arranged by midi-text")


def test_no_drumming_crosses_a_split():
    made = list(arrangements(tune(), read_grooves([groove("rock", split="test")]), count=20))
    assert {piece.labels["arrangement"] for piece in made} == {"folk band"}


def test_a_waltz_gets_a_band_in_three():
    made = list(arrangements(tune(3), read_grooves([groove("rock")]), count=20))
    names = {piece.labels["arrangement"] for piece in made}
    assert "waltz orchestra" in names
    assert all(measure_facts(read_score(piece.midi).score).time_signature == (3, 4) for piece in made)


@pytest.mark.parametrize(
    "midi",
    [
        b"no MIDI",
        make({0: [(i, 1, 60 + i % 5, 70) for i in range(64)]}),  # no chords
        make({73: [(i, 1, 60, 70) for i in range(8)], 0: [(0, 8, 48, 60), (0, 8, 52, 60)]}),  # too short
        make({128: [(i, 0.1, 36, 70) for i in range(64)]}),
    ],
)
def test_what_is_no_tune_gives_nothing(midi):
    piece = dataclasses.replace(tune(), midi=midi)
    assert list(arrangements(piece, read_grooves([groove("rock")]))) == []


def test_bass_patterns_fill_their_bar():
    for pattern in BASS.values():
        ends = [onset + length for onset, length, _ in pattern]
        assert max(ends) <= 4.1
        assert all(end <= later + 1e-9 for end, (later, _, _) in zip(ends, pattern[1:], strict=False))


def test_a_corpus_of_bands(tmp_path: Path):
    for number, piece in enumerate([tune(), groove("rock"), groove("pop"), groove("jazz", tempo=130)]):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.mid").write_bytes(piece.midi)
        note = {"split": "train", "licence": piece.licence, "attribution": piece.attribution, **piece.labels}
        (tmp_path / "in" / f"{number}.json").write_text(json.dumps(note))
    manifest = arrange_corpus(tmp_path / "in", tmp_path / "out", count=2)
    assert manifest == DataManifest.load(tmp_path / "out" / "manifest.json")
    assert manifest.splits["train"] == 2
    pieces = list(read_pieces(tmp_path / "out"))
    assert len(pieces) == 2
    assert all("arrangement" in piece.labels and piece.source.startswith("arranged") for piece in pieces)
    again = arrange_corpus(tmp_path / "in", tmp_path / "again", count=2, num_proc=2)
    assert again.content_hash == manifest.content_hash


def test_no_grooves_no_bands(tmp_path: Path):
    (tmp_path / "a.mid").write_bytes(tune().midi)
    (tmp_path / "a.json").write_text(json.dumps({"licence": "MIT", "attribution": "Anna"}))
    with pytest.raises(ValueError, match="must hold drum clips whose labels name a drum_style"):
        arrange_corpus(tmp_path, tmp_path / "out")


def test_augmented_music_is_other_music_of_the_same_kind():
    score = read_score(tune().midi).score
    before = write_score(score)
    seen = set()
    for seed in range(30):
        made, labels = augment(
            score, {"tempo_word": "Allegro", "instrumentation": "flute and piano"}, random.Random(seed)
        )
        assert write_score(made) != before
        facts, old = measure_facts(made), measure_facts(score)
        if facts.tempo_bpm != old.tempo_bpm:
            seen.add("tempo")
            assert "tempo_word" not in labels
            assert 0.74 <= facts.tempo_bpm / old.tempo_bpm <= 1.26
        if facts.velocity_mean != old.velocity_mean and len(facts.programs) == 2:
            seen.add("velocity")
        if len(facts.programs) < 2:
            seen.add("drop")
            assert "instrumentation" not in labels
    assert seen == {"tempo", "velocity", "drop"}
    assert write_score(score) == before
    kept = [augment(score, {}, random.Random(seed), keep=frozenset((0, 1)))[0] for seed in range(20)]
    assert all(len(made.tracks) == 2 for made in kept)


def test_the_build_augments_the_training_split_only(tmp_path: Path):
    piece = dataclasses.replace(tune(), labels={"captions": ["A tune for flute."], "tempo_word": "Allegro"})
    score = read_score(piece.midi).score
    plain = list(examples(piece, score, BuildSettings()))
    more = list(examples(piece, score, BuildSettings(augment=1.0)))
    assert [row["first_bar"] for row in more] == [row["first_bar"] for row in plain for _ in (0, 1)]
    assert all("A tune for flute." not in row["captions"] for row in more[1::2])
    held = dataclasses.replace(piece, split="test")
    rows = [len(list(examples(held, score, BuildSettings(augment=share)))) for share in (0.0, 1.0)]
    assert rows[0] == rows[1]
    with pytest.raises(ValueError, match="augment must be a share from 0 to 1; got 2"):
        BuildSettings(augment=2)
