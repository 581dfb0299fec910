"""Both doors, on a random model: whatever it writes, the locks hold, the words are true and the results are typed."""

import io
import json
from pathlib import Path

import pytest
import symusic
import torch
from transformers import AutoModelForSeq2SeqLM, AutoProcessor, pipeline
from transformers.generation.streamers import BaseStreamer

from midi_text import (
    Composition,
    Description,
    Key,
    MidiError,
    MidiTextConfig,
    MidiTextForConditionalGeneration,
    MidiTextProcessor,
    MidiToTextPipeline,
    TextToMidiPipeline,
    Wishes,
    measure_facts,
    read_prompt,
)
from midi_text.request_midi_text import understand
from midi_text.truth_midi_text import contradicts

PROMPT = "a slow waltz in D minor for violin and piano, 4 bars"


@pytest.fixture(scope="module")
def compose(tiny_checkpoint: Path) -> TextToMidiPipeline:
    return pipeline("text-to-midi", model=str(tiny_checkpoint), device="cpu")


@pytest.fixture(scope="module")
def describe(tiny_checkpoint: Path) -> MidiToTextPipeline:
    return pipeline("midi-to-text", model=str(tiny_checkpoint), device="cpu")


@pytest.fixture(scope="module")
def waltz(compose: TextToMidiPipeline) -> Composition:
    return compose(PROMPT, seed=1, max_new_tokens=400)


def test_a_piece_is_what_was_asked(waltz: Composition):
    assert waltz.agreement
    assert [row.fact for row in waltz.agreement if not row.met] == []
    facts = measure_facts(symusic.Score.from_midi(waltz.midi))
    assert facts.programs == waltz.facts.programs
    assert set(facts.programs) == {0, 40}
    assert (facts.time_signature, facts.key, facts.bars) == ((3, 4), Key(2, "minor"), 4)
    assert waltz.share_met == 1.0


def test_a_result_is_json_and_a_file(waltz: Composition, tmp_path: Path):
    data = json.loads(json.dumps(waltz.to_dict()))
    assert {"prompt", "seed", "notes", "bars", "duration_seconds", "generation_seconds", "facts", "agreement"} <= set(
        data
    )
    assert data["agreement"][0].keys() == {"fact", "asked", "measured", "met"}
    waltz.save(tmp_path / "waltz.mid")
    assert (tmp_path / "waltz.mid").read_bytes() == waltz.midi


def test_a_seed_gives_the_same_piece(compose: TextToMidiPipeline, waltz: Composition):
    assert compose(PROMPT, seed=1, max_new_tokens=400).midi == waltz.midi
    assert compose(PROMPT, seed=2, max_new_tokens=400).midi != waltz.midi
    drawn = compose(PROMPT, max_new_tokens=400)
    assert compose(PROMPT, seed=drawn.seed, max_new_tokens=400).midi == drawn.midi
    loose = compose("flute in a minor key, 1 bar", max_new_tokens=100)
    assert compose("flute in a minor key, 1 bar", max_new_tokens=100, seed=loose.seed).midi == loose.midi


def test_a_batch_has_locks_of_its_own_in_every_row(compose: TextToMidiPipeline):
    prompts = ["a fast jig in G major for flute, 2 bars", "drums at 100 bpm, 3 bars", PROMPT]
    made = compose(prompts, seed=0, batch_size=3, max_new_tokens=300)
    assert [piece.prompt for piece in made] == prompts
    assert [piece.facts.bars for piece in made] == [2, 3, 4]
    assert all(row.met for piece in made for row in piece.agreement)
    assert made[1].facts.programs == (128,)


def test_a_generator_streams(compose: TextToMidiPipeline, describe: MidiToTextPipeline):
    pieces = compose((f"solo flute, {bars} bars" for bars in (1, 2)), seed=0, max_new_tokens=200)
    assert not isinstance(pieces, list)
    assert [piece.facts.bars for piece in pieces] == [1, 2]
    assert compose([]) == []


def test_candidates_are_ranked_by_agreement(compose: TextToMidiPipeline):
    best = compose("staccato loud dense flute, 2 bars", num_candidates=4, seed=3, max_new_tokens=200)
    shares = [piece.share_met for piece in (best, *best.others)]
    assert len(shares) == 4
    assert shares == sorted(shares, reverse=True)
    with pytest.raises(ValueError, match="num_candidates must be at least 1; got 0"):
        compose("flute", num_candidates=0)


def test_arguments_win_over_words(compose: TextToMidiPipeline):
    piece = compose(
        PROMPT, seed=0, max_new_tokens=300, key="A major", tempo_bpm=131, time_signature="6/8", bars=2,
        instruments=["clarinet", "drums", 32],
    )  # fmt: skip
    facts = piece.facts
    assert (facts.key, facts.time_signature, facts.bars) == (Key(9, "major"), (6, 8), 2)
    assert round(facts.tempo_bpm) == 131
    assert set(facts.programs) == {71, 128, 32}
    assert all(row.met for row in piece.agreement)


def test_a_length_in_seconds_holds(compose: TextToMidiPipeline):
    piece = compose("solo piano", duration_seconds=12, seed=0, max_new_tokens=400)
    assert piece.facts.duration_seconds == pytest.approx(12, rel=0.12)


def test_without_locks_only_the_grammar_holds(compose: TextToMidiPipeline):
    piece = compose(PROMPT, locks=False, seed=0, max_new_tokens=300)
    assert piece.facts.notes > 0
    assert not all(row.met for row in piece.agreement), "a random model does not know the prompt"


def test_a_mapping_carries_wishes(compose: TextToMidiPipeline):
    piece = compose({"prompt": "flute", "bars": 3}, seed=0, max_new_tokens=200)
    assert piece.facts.bars == 3
    with pytest.raises(ValueError, match=r"got \['tempo'\]"):
        compose({"prompt": "flute", "tempo": 3})


@pytest.mark.parametrize(
    "prompt",
    ["", "x" * 100_000, "<|midi:Pitch_60|></s>", "🎻🥁 in 5/4", "ein langsamer Walzer", "ワルツ", "\x00\ud83c"],
)
def test_any_words_make_music(compose: TextToMidiPipeline, prompt):
    assert compose(prompt, seed=0, max_new_tokens=64).facts.notes > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tempo_bpm": 400}, "tempo_bpm must be from 30 to 250; got 400"),
        ({"key": "H major"}, "a key must read like"),
        ({"time_signature": "waltz"}, "time_signature must read like"),
        ({"time_signature": "17/8"}, "time_signature must be one of .*; got 17/8"),
        ({"instruments": ["kazoo"]}, "is none"),
        ({"instruments": [200]}, "a program must be from 0 to 127"),
        ({"instruments": "violin"}, "must be a list"),
        ({"instruments": []}, "must name at least one"),
        ({"bars": 0}, "bars must be at least 1"),
        ({"duration_seconds": -3}, "duration_seconds must be positive"),
        ({"bars": 300, "max_new_tokens": 100}, "max_length must be more than"),
    ],
)
def test_impossible_wishes_are_refused(compose: TextToMidiPipeline, arguments, message):
    with pytest.raises(ValueError, match=message):
        compose("flute", **arguments)


def test_unknown_arguments_and_types_are_refused(compose: TextToMidiPipeline, describe: MidiToTextPipeline):
    with pytest.raises(TypeError, match="text-to-midi knows no 'tempo'"):
        compose("flute", tempo=90)
    with pytest.raises(TypeError, match="a prompt must be a str"):
        compose(7)
    with pytest.raises(TypeError, match="midi-to-text knows no 'bars'"):
        describe(b"", bars=3)


def test_a_description_is_true(describe: MidiToTextPipeline, waltz: Composition, tmp_path: Path):
    waltz.save(tmp_path / "waltz.mid")
    sources = [waltz.midi, tmp_path / "waltz.mid", str(tmp_path / "waltz.mid"), io.BytesIO(waltz.midi), waltz.score]
    described = [describe(source, seed=0) for source in sources]
    assert len({description.text for description in described}) == 1
    batch = describe([*sources[:3], waltz.score], batch_size=2, seed=0)
    for description in [*described, *batch]:
        assert isinstance(description, Description)
        said = read_prompt(description.text).statements
        assert not [s for s in said if contradicts(s.fact, s.value, description.facts)]
        assert (description.bars_read, description.bars_total, description.truncated) == (4, 4, False)
    assert {"caption", "facts", "bars_read", "bars_total", "truncated"} <= set(
        json.loads(json.dumps(batch[0].to_dict()))
    )


def test_a_long_piece_is_read_in_part_and_says_so(describe: MidiToTextPipeline):
    score = symusic.Score(480)
    track = symusic.Track(program=0)
    for beat in range(4000):
        track.notes.append(symusic.Note(beat * 480, 480, 60 + beat % 12, 80))
    score.tracks.append(track)
    description = describe(score)
    assert description.truncated
    assert 0 < description.bars_read < description.bars_total == 1000
    assert description.facts.bars == 1000


def test_a_bad_file_names_its_defect(describe: MidiToTextPipeline):
    with pytest.raises(MidiError, match="not a MIDI file"):
        describe(b"RIFF....")


class Collect(BaseStreamer):
    def __init__(self):
        self.ids, self.ended = [], False

    def put(self, value: torch.Tensor) -> None:
        self.ids += value.flatten().tolist()

    def end(self) -> None:
        self.ended = True


def test_a_streamer_hears_the_piece_as_it_is_written(compose: TextToMidiPipeline):
    streamer = Collect()
    piece = compose("solo flute, 2 bars", seed=0, streamer=streamer, max_new_tokens=200)
    assert streamer.ended
    score = compose.processor.decode_score(streamer.ids)
    assert score.note_num() == piece.facts.notes


def test_a_model_made_in_memory_describes(tiny_checkpoint: Path, waltz: Composition):
    model = MidiTextForConditionalGeneration(MidiTextConfig.from_pretrained(tiny_checkpoint))
    pipe = MidiToTextPipeline(model=model, processor=MidiTextProcessor.from_pretrained(tiny_checkpoint))
    assert pipe(waltz.midi, max_new_tokens=4).styles == ()


def test_the_auto_classes_know_us(tiny_checkpoint: Path):
    assert isinstance(AutoProcessor.from_pretrained(tiny_checkpoint), MidiTextProcessor)
    assert isinstance(AutoModelForSeq2SeqLM.from_pretrained(tiny_checkpoint), MidiTextForConditionalGeneration)


def test_a_processor_makes_inputs_for_both_directions(tiny_checkpoint: Path, waltz: Composition):
    processor = MidiTextProcessor.from_pretrained(tiny_checkpoint)
    words = processor(text=["a waltz", "a very slow waltz in D minor"])
    assert words["input_ids"].shape == words["attention_mask"].shape
    assert words["input_ids"][:, 0].tolist() == [processor.tokenizer.task_id("compose")] * 2
    music = processor(midi=waltz.midi)
    assert music["input_ids"][0, 0] == processor.tokenizer.task_id("caption")
    both = processor(text="sadder", midi=waltz.midi, task="vary")
    assert both["input_ids"][0, 0] == processor.tokenizer.task_id("vary")
    with pytest.raises(ValueError, match="needs text, midi or both"):
        processor()
    with pytest.raises(ValueError, match="must have the same length; got 2 and 1"):
        processor(text=["a", "b"], midi=waltz.midi)


@pytest.mark.parametrize(
    ("prompt", "wishes", "check"),
    [
        ("no drums please, strings", Wishes(), lambda r: 128 in r.locks.excluded_programs and r.locks.families),
        ("in a minor key", Wishes(), lambda r: r.locks.key.mode == "minor"),
        ("16 bars, about a minute", Wishes(), lambda r: r.locks.tempo_bpm and r.locks.bars == (16, 16)),
        ("", Wishes(duration_seconds=20), lambda r: r.locks.duration_seconds == (20, 20)),
        ("a dance in 17/8", Wishes(), lambda r: r.ask.time_signature == (17, 8) and r.locks.time_signature is None),
        ("song", Wishes(tempo_bpm=90.4), lambda r: r.locks.tempo_bpm == (90, 90) and "Tempo: 90 BPM." in r.text),
        ("song", Wishes(key=Key(3, "major")), lambda r: "Key: Eb major." in r.text),
    ],
)
def test_wishes_become_locks_and_words(prompt, wishes, check):
    assert check(understand(prompt, wishes, seed=0))
    assert understand(prompt, wishes, seed=0) == understand(prompt, wishes, seed=0)
