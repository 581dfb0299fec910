"""Adherence by hand: what is asked scores 1, each corruption costs its own rows; prompt files, folders of answers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import symusic

from midi_text.cli import main
from midi_text.evaluation.adherence import (
    TEMPO_MARKS,
    adherence_rows,
    chord_recall,
    precision_recall_f1,
    published_relative,
    score_answer,
    tempo_bin,
)
from midi_text.evaluation.answers import Answer, evaluate_answers, find_answers, write_answers
from midi_text.evaluation.attributes import bars_class, duration_class, is_danceable, rhythm_intensity, tempo_class
from midi_text.evaluation.gold import Gold, Prompt, gold_of
from midi_text.evaluation.grid import BARS, METRES, grid_prompts
from midi_text.evaluation.heard import Heard, empty_bar_share
from midi_text.evaluation.prompt_files import READ, load_fact_prompts, load_prompts
from midi_text.evaluation.systems import Humans, Model, Template
from midi_text.facts.chord import Chord
from midi_text.key_midi_text import Key
from midi_text.prompt_midi_text import read_prompt
from midi_text.records import EvaluationReport
from midi_text.score_midi_text import read_score, write_score

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 11)}
MADE = {"tempo_bpm": 100, "time_signature": (3, 4), "key": Key(2, "minor"), "programs": (0, 40, 128), "bars": 8}
ASKED = Gold(
    tempo_bpm=(100, 100), time_signature=(3, 4), key=Key(2, "minor"), programs=(0, 40, 128), bars=(8, 8), only=True
)


def music(tempo_bpm, time_signature, key, programs, bars, silent_bars=()) -> symusic.Score:
    """The scale once and then the triad, in every instrument: as plainly what is asked as can be."""
    score = symusic.Score(48)
    beats, unit = time_signature
    beat = 192 // unit
    score.tempos.append(symusic.Tempo(0, tempo_bpm))
    score.time_signatures.append(symusic.TimeSignature(0, beats, unit))
    scale = SCALES[key.mode]
    steps = [0, 1, 2, 3, 4, 5, 6, *[0, 2, 4, 0] * bars * beats]
    for program in programs:
        track = symusic.Track(program=0 if program == 128 else program, is_drum=program == 128)
        for i in range(bars * beats):
            pitch = 36 if program == 128 else 60 + key.tonic + scale[steps[i]]
            if i // beats not in silent_bars:
                track.notes.append(symusic.Note(i * beat, beat, pitch, 80))
        score.tracks.append(track)
    return score


def midi(**changed) -> bytes:
    return write_score(music(**{**MADE, **changed}))


def chords(names: str, program: int = 0) -> symusic.Score:
    """One chord a bar of 4/4, the root below."""
    score = symusic.Score(48)
    score.tracks.append(symusic.Track(program=program))
    for bar, name in enumerate(names.split()):
        chord = Chord.parse(name)
        for pitch in (36 + chord.root, *(60 + tone for tone in chord.tones)):
            score.tracks[0].notes.append(symusic.Note(bar * 192, 192, pitch, 80))
    return score


# -- metrics


def test_tempo_bins_are_strict():
    assert [tempo_bin(mark) for mark in TEMPO_MARKS] == list(range(8))
    assert [tempo_bin(mark + 1) for mark in TEMPO_MARKS] == list(range(1, 9))


def test_the_published_relative_has_its_sign_inverted():
    assert published_relative(Key(9, "minor")) == Key(6, "major")  # A minor ~ F sharp major, as published
    assert Key(9, "minor").relative == Key(0, "major")  # A minor ~ C major, as it is
    assert published_relative(Key(0, "major")) == Key(3, "minor")
    asked = Gold(key=Key(9, "minor"))
    for key, right in (("A minor", (1, 1, 1)), ("C major", (0, 1, 0)), ("F# major", (0, 0, 1)), ("A major", (0, 0, 0))):
        values = score_answer(asked, midi(key=Key.parse(key), programs=(0,))).values
        assert tuple(values[n] for n in ("key", "key_or_relative", "key_or_published_relative")) == right, key


def test_precision_and_recall_by_hand():
    assert precision_recall_f1((0, 40), (0, 40)) == (1, 1, 1)
    assert precision_recall_f1((0, 40), (40, 73, 128)) == (1 / 3, 1 / 2, 2 / 5)
    assert precision_recall_f1((0,), ()) == (0, 0, 0)
    with pytest.raises(ValueError, match="at least one asked instrument"):
        precision_recall_f1((), (1,))


def test_chords_are_found_in_any_order():
    asked = tuple(map(Chord.parse, ("C", "Am", "F", "G", "C")))
    found = list(map(Chord.parse, ("G7", "Am", "D")))
    assert chord_recall(asked, found) == 2 / 4  # G in G7, and Am
    with pytest.raises(ValueError, match="at least one asked chord"):
        chord_recall((), found)
    gold = Gold(chords=asked[:4])
    values = score_answer(gold, write_score(chords("C Am F G C Am F G"))).values
    assert (values["chord_recall"], values["chord_order"]) == (1, 1)
    values = score_answer(gold, write_score(chords("G F Am C G F Am C"))).values
    assert (values["chord_recall"], values["chord_order"]) == (1, 0)


def test_what_was_asked_scores_one():
    values = score_answer(ASKED, midi(), ended=True).values
    assert values.pop("empty_bars") == 0
    assert set(values.values()) == {1.0}
    assert {"tempo", "first_metre", "key", "instrument_f1", "group_f1", "bars", "asa", "ends"} <= set(values)
    assert not {"tempo_word", "chord_recall", "form", "duration", "excluded_instruments"} & set(values)


@pytest.mark.parametrize(
    ("made", "lost"),
    [
        ({"tempo_bpm": 101}, {"tempo"}),
        ({"tempo_bpm": 120}, {"tempo", "tempo_bin"}),
        ({"tempo_bpm": 150}, {"tempo", "tempo_bin", "tempo_bin_near"}),
        ({"time_signature": (4, 4)}, {"metre", "first_metre"}),
        ({"bars": 7}, {"bars"}),
        ({"programs": (0, 128)}, {"instruments", "instrument_recall"}),
        ({"programs": (0, 40, 73, 128)}, {"no_other_instrument", "instrument_precision", "absent_instruments"}),
        ({"programs": (0, 41, 128)}, {"instruments", "no_other_instrument"}),
        ({"key": Key(3, "minor")}, {"key", "key_or_relative"}),
        ({"key": Key(5, "major")}, {"key", "mode"}),
    ],
)
def test_each_corruption_costs_its_own_rows(made: dict[str, object], lost: set[str]):
    values = score_answer(ASKED, midi(**made)).values
    assert all(values[name] < 1 for name in lost)
    untouched = {"tempo", "tempo_bin", "tempo_bin_near", "metre", "first_metre", "bars", "instruments", "key", "mode",
                 "no_other_instrument", "key_or_relative"} - lost  # fmt: skip
    assert all(values[name] == 1 for name in untouched)
    assert values["all_asked"] == 0


def test_a_tempo_or_metre_that_changes_is_not_held():
    score = music(**MADE)
    score.tempos.append(symusic.Tempo(4 * 144, 200))
    score.time_signatures.append(symusic.TimeSignature(6 * 144, 6, 8))
    values = score_answer(ASKED, write_score(score)).values
    assert (values["tempo"], values["tempo_bin"], values["metre"], values["first_metre"]) == (0, 1, 0, 1)


def test_words_of_tempo_unwanted_instruments_and_duration():
    gold = Gold(tempo_bpm=(60, 92), excluded_programs=(128,), excluded_families=("brass",), duration_seconds=(18, 18))
    values = score_answer(gold, midi(tempo_bpm=80, programs=(0,))).values  # 24 quarters at 80: 18 seconds
    assert (values["tempo_word"], values["excluded_instruments"], values["duration"]) == (1, 1, 1)
    values = score_answer(gold, midi(tempo_bpm=120, programs=(0, 56))).values
    assert (values["tempo_word"], values["excluded_instruments"], values["duration"]) == (0, 0, 0)
    assert "tempo_bin" not in values


def test_empty_bars():
    score = read_score(music(**MADE, silent_bars=(1, 6))).score
    assert empty_bar_share(score) == 2 / 8
    score.tracks[0].notes.append(symusic.Note(0, 2 * 144, 50, 80))  # held through the second bar
    assert empty_bar_share(score) == 1 / 8


def test_classes_of_musecoco():
    assert [bars_class(bars) for bars in (1, 4, 5, 8, 9, 12, 13, 16, 17)] == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert [tempo_class(tempo) for tempo in (76, 77, 119, 120)] == [0, 1, 1, 2]
    assert [duration_class(seconds) for seconds in (15, 15.1, 45, 60, 61)] == [0, 1, 2, 3, 4]
    on_beat, off_beat = (Heard(read_score(_drums(beats)).score) for beats in ((0, 2, 2.5), (1, 3, 0)))
    assert (is_danceable(on_beat), is_danceable(off_beat)) == (True, False)
    assert rhythm_intensity(Heard(read_score(midi()).score)) == "serene"  # an onset a beat
    assert rhythm_intensity(on_beat) == "serene"


def _drums(beats: tuple[float, ...]) -> symusic.Score:
    score = symusic.Score(48)
    score.tracks.append(symusic.Track(is_drum=True))
    for bar in range(4):
        for beat in beats:
            score.tracks[0].notes.append(symusic.Note(int((4 * bar + beat) * 48), 12, 36, 80))
    return score


def test_attributes_are_averaged_and_zeros_stay():
    gold = Gold(tempo_bpm=(100, 100), mode="major", octaves=1, rhythm_intensity="intense", programs=(0, 73))
    values = score_answer(gold, midi(programs=(0,))).values  # D minor, 11 semitones: tempo and piano of six
    assert values["asa"] == pytest.approx(2 / 6)
    assert score_answer(gold, None).values["asa"] == 0


@pytest.mark.parametrize("broken", [None, b"no MIDI at all", b"MThd\0\0\0\6\0\0\0\1\1\0"])
def test_what_cannot_be_read_fails_every_row(broken: bytes | None):
    score = score_answer(ASKED, broken)
    assert score.values.pop("empty_bars") == 1
    assert set(score.values.values()) == {0.0}
    assert "error" in score.heard


def test_rows_count_only_who_asked():
    prompts = [Prompt("a", "", ASKED, "grid"), Prompt("b", "", Gold(bars=(8, 8)), "free")]
    scores = [score_answer(prompts[0].gold, midi()), score_answer(prompts[1].gold, None)]
    values = {row.metric: row.value for row in adherence_rows(prompts, scores)}
    assert (values["key"], values["asked/key"]) == (1, 1)
    assert (values["bars"], values["asked/bars"], values["bars/grid"], values["bars/free"]) == (0.5, 2, 1, 0)
    assert "key/free" not in values
    with pytest.raises(ValueError, match="one score each"):
        adherence_rows(prompts, scores[:1])


# -- gold and prompt files


def test_gold_survives_json():
    gold = replace(ASKED, chords=(Chord.parse("Dm7"),), danceable=False, form="ABA", styles=("sad",))
    assert Gold.from_dict(json.loads(json.dumps(gold.to_dict()))) == gold
    assert Gold().to_dict() == {}
    assert Gold.from_dict({"key": None}) == Gold()
    for values, message in (
        ({"tempo": 3}, "may have the keys"),
        ({"bars": [9, 8]}, "must be a range"),
        ({"families": ["kazoos"]}, "a family must be one of"),
        ({"programs": [129]}, "128 for drums"),
        ({"mode": "dorian"}, "must be 'major' or 'minor'"),
        ({"rhythm_intensity": "wild"}, "must be one of"),
    ):
        with pytest.raises(ValueError, match=message):
            Gold.from_dict(values)


def test_fact_prompts_are_what_the_seed_makes():
    prompts = load_fact_prompts()
    assert prompts.hash == "2a743341b4c4f05740d1b5a3835c74db0e092012478519e89301b4dd3bba319d"
    assert list(prompts.prompts[:1000]) == grid_prompts(1000, 0)
    assert [p.group for p in prompts.prompts] == ["grid"] * 1000 + ["free"] * 300
    assert len({p.text for p in prompts.prompts[1000:]}) == 300


def test_our_reader_never_contradicts_the_gold_of_fact_prompts():
    for prompt in load_fact_prompts().prompts:
        gold, read = prompt.gold, gold_of(read_prompt(prompt.text))
        for name in ("time_signature", "key", "form", "chords"):
            stated, found = getattr(gold, name), getattr(read, name)
            assert not stated or not found or stated == found, (prompt.text, name)
        for name in ("tempo_bpm", "bars", "duration_seconds"):
            stated, found = getattr(gold, name), getattr(read, name)
            assert not stated or not found or (stated[0] <= found[1] and found[0] <= stated[1]), (prompt.text, name)
        assert not {*gold.programs} & {*read.excluded_programs}, prompt.text
        assert not {*gold.excluded_programs} & {*read.programs}, prompt.text


def test_the_grid_is_balanced():
    prompts = grid_prompts(1000, 3)
    assert prompts != grid_prompts(1000, 4)
    golds = [prompt.gold for prompt in prompts]
    assert {g.time_signature for g in golds if g.time_signature} == set(METRES)
    assert {g.bars[0] for g in golds if g.bars} == set(BARS)
    keys = [g.key for g in golds if g.key]
    assert min(keys.count(key) for key in set(keys)) > len(keys) / 24 * 0.6
    assert all(len(g.form) * 4 <= g.bars[0] for g in golds if g.form and g.bars)
    with pytest.raises(ValueError, match="n must be at least 1; got 0"):
        grid_prompts(0)


def test_midicaps_lines(tmp_path: Path):
    line = {
        "location": "lmd_full/1/1a07.mid", "caption": "An electronic piece.", "genre": ["electronic", "classical"],
        "mood": ["epic"], "key": "F# minor", "time_signature": "4/4", "tempo": 135, "tempo_word": "Allegro",
        "duration": 59, "chord_summary": ["F#m", "A/E", "N"], "instrument_summary": ["Trumpet", "Drums", "Strings"],
        "instrument_numbers_sorted": [56, 128, 48], "test_set": True,
    }  # fmt: skip
    empty = {"location": "b.mid", "caption": "?", "tempo": None, "chord_summary": None, "instrument_summary": []}
    file = tmp_path / "train.json"
    file.write_text("".join(json.dumps(each) + "\n" for each in (line, empty)))
    first, second = load_prompts(file).prompts
    assert first.gold == Gold(
        tempo_bpm=(135, 135), time_signature=(4, 4), key=Key(6, "minor"), programs=(56, 128), families=("strings",),
        chords=(Chord.parse("F#m"), Chord.parse("A/E")), styles=("electronic", "classical", "epic"),
    )  # fmt: skip
    assert (first.file_name, second.gold) == ("lmd_full/1/1a07.mid", Gold())


def test_text_and_wrong_prompt_files(tmp_path: Path):
    file = tmp_path / "p"
    file.write_text("a waltz in D minor\n\npiano only\n")
    read = load_prompts(file)
    assert (read.gold, len(read.prompts), read.prompts[0].gold.key) == (READ, 2, Key(2, "minor"))
    for content, message in (
        ("", "at least one prompt"),
        ('{"words": "x"}', "line 1: must be a JSON object"),
        ('{"text": "x"}\n{"text"', "line 2"),
        ('{"text": "x", "gold": {"tempo": 1}}', "may have the keys"),
        ('{"text": "x", "id": "a"}\n{"text": "y", "id": "a"}', "stands there twice"),
    ):
        file.write_text(content)
        with pytest.raises(ValueError, match=message):
            load_prompts(file)


# -- folders of answers


PROMPTS = [Prompt(f"p{i}", f"{bars} bars", Gold(bars=(bars, bars))) for i, bars in enumerate((8, 4, 2, 6, 1))]


class Composer:
    """Answers as asked, but for those in ``failing``."""

    name = "composer"

    def __init__(self, failing=frozenset(), stop_after=99):
        self.failing, self.stop_after, self.seeds = failing, stop_after, []

    def answer(self, prompts, seed):
        if len(self.seeds) == self.stop_after:
            raise KeyboardInterrupt
        self.seeds.append(seed)
        if self.failing & {prompt.id for prompt in prompts}:
            raise ValueError("no idea")
        return [Answer(midi(bars=prompt.gold.bars[0], programs=(seed % 100,)), True) for prompt in prompts]


def test_answers_are_found_by_name_id_or_place(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    for name in ("deep/x.mid", "p1.midi", "002.mid", "4.MID"):
        (tmp_path / name).write_bytes(midi())
    prompts = [replace(PROMPTS[0], file_name="deep/x.mid"), *PROMPTS[1:]]
    names = [found.path and found.path.name for found in find_answers(tmp_path, prompts)]
    assert names == ["x.mid", "p1.midi", "002.mid", None, "4.MID"]
    with pytest.raises(ValueError, match="must stay inside the folder"):
        find_answers(tmp_path, [replace(PROMPTS[0], file_name="../x.mid")])
    with pytest.raises(ValueError, match="must lie in a folder"):
        find_answers(tmp_path / "none", PROMPTS)


def test_answers_go_on_where_they_stopped(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        write_answers(Composer(stop_after=2), PROMPTS, tmp_path / "a", batch_size=2)
    rest = Composer()
    write_answers(rest, PROMPTS, tmp_path / "a", batch_size=2)
    assert rest.seeds == [0], "the largest first"
    write_answers(Composer(), PROMPTS, tmp_path / "b", batch_size=2)
    for i in range(5):
        assert (tmp_path / "a" / f"{i:03d}.mid").read_bytes() == (tmp_path / "b" / f"{i:03d}.mid").read_bytes()
    assert evaluate_answers(tmp_path / "a", PROMPTS).value("bars") == 1
    for other in ({"seed": 1}, {"batch_size": 3}, {"checkpoint_hash": "other"}):
        with pytest.raises(ValueError, match="must be of the same run"):
            write_answers(Composer(), PROMPTS, tmp_path / "a", **{"batch_size": 2, **other})


def test_who_fails_alone_has_no_file_and_stays_in(tmp_path: Path):
    composer = Composer(failing=frozenset({"p1"}))
    write_answers(composer, PROMPTS, tmp_path, batch_size=5, seed=10)
    assert composer.seeds == [10] * 6
    report = evaluate_answers(tmp_path, PROMPTS, seed=10, checkpoint_hash="abc")
    assert (report.examples, report.seed, report.checkpoint_hash) == (5, 10, "abc")
    assert {report.value(name) for name in ("decodes", "ends", "bars", "answers_found")} == {0.8}
    assert report.value("notes_per_second") > 0
    assert EvaluationReport.from_json(report.to_json()) == report


def test_humans_and_the_template():
    pieces = {"p0": midi(bars=8), "p1": midi(bars=4)}
    assert [answer.midi for answer in Humans(pieces).answer(PROMPTS[:3], 0)] == [*pieces.values(), None]
    assert [answer.midi for answer in Humans(pieces, shuffled=True).answer(PROMPTS[:2], 0)] == [*pieces.values()][::-1]
    with pytest.raises(ValueError, match="at least two pieces"):
        Humans({"p0": b""}, shuffled=True)
    prompts = grid_prompts(40, 5)
    scores = [
        score_answer(prompt.gold, answer.midi)
        for prompt, answer in zip(prompts, Template().answer(prompts, 0), strict=True)
    ]
    values = {row.metric: row.value for row in adherence_rows(prompts, scores)}
    assert values["decodes"] == 1
    assert values["first_metre"] == values["tempo"] == values["instruments"] == 1
    assert values["no_other_instrument"] == 1
    assert values["chord_recall"] > 0.5
    assert values["key"] > 0.5


@pytest.mark.parametrize("form", ["AABA", "ABAB", "AABB", "ABACA"])
@pytest.mark.parametrize("band", ["piano", "violin, cello and drums"])
def test_the_template_writes_the_asked_form(form: str, band: str):
    """Not the same accompaniment under every letter: no listener hears sections in that."""
    prompt = Prompt("p", f"A piece for {band} in D minor, 4/4, form {form}", Gold(form=form))
    (answer,) = Template().answer([prompt], 0)
    assert Heard(read_score(answer.midi).score).analysis.form.plan == form
    assert score_answer(prompt.gold, answer.midi).values["form"] == 1


def test_a_real_pipeline_answers(tiny_checkpoint: Path, tmp_path: Path):
    from transformers import pipeline

    pipe = pipeline("text-to-midi", model=str(tiny_checkpoint))
    text = "1 bar in D minor for piano, 2/4, 100 bpm"
    prompts = [Prompt(str(i), text, gold_of(read_prompt(text))) for i in range(2)]
    write_answers(Model(pipe), prompts, tmp_path, batch_size=2)
    write_answers(Model(pipe), prompts, tmp_path / "two", batch_size=1, num_proc=2)
    assert len(list((tmp_path / "two").glob("*.mid"))) == 2
    report = evaluate_answers(tmp_path, prompts)
    for row in ("decodes", "ends", "tempo", "metre", "bars", "instruments", "no_other_instrument"):
        assert report.value(row) == 1, row


def test_the_peer_door(tmp_path: Path, capsys):
    (tmp_path / "midi").mkdir()
    (tmp_path / "midi" / "000.mid").write_bytes(midi())
    (tmp_path / "midi" / "001.mid").write_bytes(b"broken")
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("8 bars in D minor\n8 bars\n8 bars\n")
    words = ("evaluate", "--midi-dir", tmp_path / "midi", "--prompts", prompts, "--json", "--num-proc", 2)
    assert main([*map(str, words), "-o", str(tmp_path / "report.json")]) == 0
    captured = capsys.readouterr()
    values = {row["metric"]: row["value"] for row in json.loads(captured.out)["rows"]}
    assert values["key"] == 1
    assert values["bars"] == values["decodes"] == pytest.approx(1 / 3)
    assert values["answers_found"] == pytest.approx(2 / 3)
    assert READ in captured.err
    assert READ in EvaluationReport.load(tmp_path / "report.json").name
    with pytest.raises(SystemExit):
        main(["evaluate", "--midi-dir", "x", "--parts", "adherence"])
