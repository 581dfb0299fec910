"""A corpus becomes examples: from files and from a dataset, true of their excerpts, resumable, with a manifest."""

import dataclasses
import json
import logging
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import symusic

from midi_text.cli import main
from midi_text.data.batches import ExampleTable, collate, plan_epoch
from midi_text.data.build import BuildSettings, build_dataset, excerpts, shards
from midi_text.data.sources import Terms, read_pieces
from midi_text.events_midi_text import EventVocabulary
from midi_text.facts.analysis import Analysis, analyze
from midi_text.facts_midi_text import measure_facts
from midi_text.records import DataManifest
from midi_text.score_midi_text import read_score, slice_bars, write_score
from midi_text.tokenization_midi_text import MidiTextTokenizer
from midi_text.training.objectives import OPENING_TOKENS, make_example
from midi_text.training.pack import pack

SETTINGS = BuildSettings(text_vocab_size=400, music_vocab_size=930)
TERMS = Terms(licence="CC0 1.0", attribution="Made up for a test")


def piece(seed: int, bars: int = 20, drums: bool = False) -> symusic.Score:
    rng = random.Random(seed)
    score = symusic.Score(96)
    score.time_signatures.append(symusic.TimeSignature(0, 3, 4))
    score.tempos.append(symusic.Tempo(0, 60 + seed))
    track = symusic.Track(program=0, is_drum=drums)
    for beat in range(3 * bars):
        track.notes.append(symusic.Note(96 * beat, 96, 60 + rng.choice((0, 2, 4, 5, 7, 9, 11)), 80))
    score.tracks.append(track)
    return score


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty good files and two bad ones."""
    path = tmp_path_factory.mktemp("midi")
    (path / "deep").mkdir()
    for seed in range(40):
        write_score(piece(seed, bars=4 + seed, drums=seed == 7), path / "deep" / f"{seed:02d}.mid")
    (path / "broken.mid").write_bytes(b"MThd but no more")
    (path / "text.midi").write_text("not music")
    return path


@pytest.fixture(scope="module")
def built(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built")
    build_dataset(folder, target, SETTINGS, terms=TERMS)
    return target


def rows_of(target: Path) -> list[dict]:
    import pyarrow.parquet as pq

    return [row for path in sorted((target / "data").glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def rounded(analysis: Analysis) -> Analysis:
    """The analysis as a row can hold it."""
    return Analysis.from_dict(json.loads(json.dumps(analysis.to_dict())))


def test_every_row_is_true_of_its_excerpt(folder: Path, built: Path):
    vocabulary = EventVocabulary()
    rows = rows_of(built)
    assert len(rows) > 60
    for row in rows:
        score = read_score(folder / row["piece"]).score
        excerpt = slice_bars(score, row["first_bar"], row["first_bar"] + row["bars"])
        assert row["events"] == vocabulary.encode(excerpt)
        assert json.loads(row["facts"]) == json.loads(json.dumps(measure_facts(vocabulary.quantize(excerpt)).to_dict()))
        assert json.loads(row["facts"])["bars"] == row["bars"]
        assert len(row["events"]) <= SETTINGS.max_events
        assert Analysis.from_dict(json.loads(row["analysis"])) == rounded(analyze(vocabulary.quantize(excerpt)))
        assert len(row["captions"]) == 3
        assert len(row["prompts"]) == 1


def test_the_manifest_counts_what_happened(folder: Path, built: Path):
    manifest = DataManifest.load(built / "manifest.json")
    assert sum(manifest.splits.values()) == len(rows_of(built))
    assert sum(manifest.failures.values()) == 2
    assert [source.pieces for source in manifest.sources] == [40]
    assert manifest.sources[0].licence == "CC0-1.0 (40)"
    assert manifest.settings == json.loads(json.dumps(dataclasses.asdict(SETTINGS)))


def test_building_again_gives_the_same_and_reads_nothing_twice(folder: Path, built: Path, tmp_path: Path, monkeypatch):
    again = build_dataset(folder, tmp_path, SETTINGS, terms=TERMS, num_proc=2)
    assert again.content_hash == DataManifest.load(built / "manifest.json").content_hash
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").iterdir()}
    shard = shards(tmp_path, "validation")[0]
    shard.unlink()
    resumed = build_dataset(folder, tmp_path, SETTINGS, terms=TERMS)
    assert resumed.content_hash == again.content_hash
    changed = {path for path, stamp in stamps.items() if path.stat().st_mtime_ns != stamp}
    assert changed <= {shard, shard.with_suffix(".json")}


def test_a_folder_of_another_build_is_refused(folder: Path, built: Path):
    with pytest.raises(ValueError, match="holds a build with other settings"):
        build_dataset(folder, built, dataclasses.replace(SETTINGS, seed=1), terms=TERMS)


def test_a_given_tokenizer_is_kept(folder: Path, built: Path, tmp_path: Path):
    tokenizer = MidiTextTokenizer.from_pretrained(built / "tokenizer")
    build_dataset(folder, tmp_path, SETTINGS, terms=TERMS, tokenizer=tokenizer)
    assert MidiTextTokenizer.from_pretrained(tmp_path / "tokenizer").token_events == tokenizer.token_events


def test_a_dataset_brings_labels_licences_and_splits(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "corpus" / "data").mkdir(parents=True)
    for split, seeds in (("train", range(6)), ("validation", range(6, 8))):
        rows = [
            {
                "id": f"a/{seed}",
                "midi": write_score(piece(seed)),
                "source": "a",
                "licence": "CC0 1.0",
                "attribution": f"Collection A; typed by {seed}",
                "labels": json.dumps({"genre": "waltz"}),
                "composer": "Ann Example",
            }
            for seed in seeds
        ]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "corpus" / "data" / f"{split}-00000-of-00001.parquet")
    pieces = list(read_pieces(tmp_path / "corpus"))
    assert [p.split for p in pieces] == ["train"] * 6 + ["validation"] * 2
    assert pieces[0].labels == {"genre": "waltz", "composer": "Ann Example"}
    manifest = build_dataset(tmp_path / "corpus", tmp_path / "out", SETTINGS)
    assert manifest.sources[0].licence == "CC0-1.0 (8)"
    assert manifest.sources[0].attribution == "Collection A (8 credit lines)"
    assert len(list(read_pieces(tmp_path / "corpus", limit=1))) == 2
    page = (tmp_path / "out" / "CREDITS.md").read_text()
    assert "Licences (pieces): CC0-1.0 (8)" in page
    assert all(f"- Collection A; typed by {seed} (1)" in page for seed in range(8))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda path: path / "nowhere", FileNotFoundError, "does not exist"),
        (lambda path: path, ValueError, "it holds neither"),
    ],
)
def test_a_source_without_music_is_refused(tmp_path: Path, make, error, message):
    with pytest.raises(error, match=message):
        list(read_pieces(make(tmp_path)))


def test_a_corpus_of_bad_files_is_an_error_that_says_why(tmp_path: Path, caplog):
    caplog.set_level(logging.ERROR)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mid").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="at least one readable piece"):
        build_dataset(tmp_path / "in", tmp_path / "out", SETTINGS, terms=TERMS)


@pytest.mark.parametrize("seed", range(20))
def test_excerpts_are_neighbours_inside_their_limit(seed):
    rng = random.Random(seed)
    events = np.array([rng.randrange(0, 400) for _ in range(rng.randrange(1, 90))])
    cuts = list(excerpts(events, rng, 1000))
    for (_, last), (first, _) in pairwise(cuts):
        assert last <= first
    assert all(events[first:last].sum() <= 1000 for first, last in cuts)
    assert all(last - first >= 2 or len(events) == 1 for first, last in cuts)


def test_a_plan_holds_every_row_once_and_depends_on_the_epoch():
    lengths = np.random.default_rng(0).integers(10, 900, 500)
    shares = {"compose": 3.0, "caption": 1.0}
    plan = plan_epoch(lengths, shares, 4000, seed=1, epoch=0)
    assert sorted(row for batch in plan for row in batch.rows) == list(range(500))
    assert all(len(b.rows) == 1 or len(b.rows) * max(lengths[list(b.rows)]) <= 4000 for b in plan)
    assert plan == plan_epoch(lengths, shares, 4000, seed=1, epoch=0)
    assert plan != plan_epoch(lengths, shares, 4000, seed=1, epoch=1)
    composing = sum(len(b.rows) for b in plan if b.task == "compose")
    assert 330 < composing < 420
    capped = plan_epoch(lengths, {"opening": 1.0}, 4000, seed=1, epoch=0, caps={"opening": 100})
    assert min(len(b.rows) for b in capped[:-1]) >= 30
    few = np.arange(500) % 10 == 0
    suited = plan_epoch(lengths, {"compose": 3.0, "refine": 1.0}, 4000, seed=1, epoch=0, suited={"refine": few})
    assert sorted(row for batch in suited for row in batch.rows) == list(range(500))
    refined = {row for batch in suited if batch.task == "refine" for row in batch.rows}
    assert set(np.flatnonzero(few)) <= refined, "they come first, and others where they do not suffice"
    assert 100 < len(refined) < 150
    weighed = plan_epoch(lengths, shares, 4000, seed=1, epoch=0, weights=np.where(few, 2.0, 0.5))
    came = [number % 500 for batch in weighed for number in batch.rows]
    assert [came.count(row) for row in np.flatnonzero(few)] == [2] * 50
    assert 180 < len(came) - 100 < 270, "half of the others"
    assert len({number for batch in weighed for number in batch.rows}) == len(came), "a copy has a number of its own"
    with pytest.raises(ValueError, match="one must be positive"):
        plan_epoch(lengths, {"compose": 0.0}, 4000, 0, 0)


def test_examples_move_words_and_music_together(built: Path):
    tokenizer = MidiTextTokenizer.from_pretrained(built / "tokenizer")
    table = ExampleTable(built, "train")
    moved = set()
    for index in range(min(40, len(table))):
        row = table[index]
        example = make_example(tokenizer, row, "compose", random.Random(index))
        assert example.target_ids[-1] == tokenizer.eos_token_id
        score = tokenizer.decode_score(example.target_ids)
        facts = measure_facts(score)
        assert facts.notes == row.facts.notes == example.notes
        if row.facts.lowest_pitch is not None:
            moved.add(facts.lowest_pitch - row.facts.lowest_pitch)
        else:
            assert facts.instruments == row.facts.instruments, "drums must not move"
    assert len(moved) > 5
    plain = make_example(tokenizer, table[0], "caption", random.Random(0), augment=False, sketches=False)
    start = tokenizer.convert_tokens_to_ids("<midi>")
    assert plain.source_ids[:2] == [tokenizer.task_id("caption"), start]
    measured = make_example(tokenizer, table[0], "caption", random.Random(0), augment=False)
    assert measured.source_ids[measured.source_ids.index(start) :] == plain.source_ids[1:]
    assert f"{table[0].facts.bars} bars" in tokenizer.decode_text(measured.source_ids)
    assert tokenizer.decode_text(plain.target_ids)
    opening = make_example(tokenizer, table[0], "opening", random.Random(0), augment=False)
    whole = make_example(tokenizer, table[0], "compose", random.Random(0), augment=False)
    assert opening.target_ids == whole.target_ids[:OPENING_TOKENS]
    assert opening.source_ids == whole.source_ids
    untold = make_example(tokenizer, table[0], "untold", random.Random(0), augment=False)
    assert (untold.source_ids, untold.target_ids) == ([tokenizer.task_id("compose")], whole.target_ids)
    with pytest.raises(ValueError, match="task must be"):
        make_example(tokenizer, table[0], "dance", random.Random(0))


def test_a_pack_trains_like_the_whole(built: Path, tmp_path: Path):
    size = pack(built, tmp_path / "pack")
    assert size == sum(path.stat().st_size for path in (tmp_path / "pack").rglob("*") if path.is_file())
    whole, packed = (ExampleTable(folder, "train") for folder in (built, tmp_path / "pack"))
    assert len(whole) == len(packed)
    for a, b in zip(
        map(whole.__getitem__, range(len(whole))), map(packed.__getitem__, range(len(packed))), strict=True
    ):
        assert (a.source, a.facts, a.labels, a.events.tolist()) == (b.source, b.facts, b.labels, b.events.tolist())
    assert DataManifest.load(tmp_path / "pack" / "manifest.json") == DataManifest.load(built / "manifest.json")
    with pytest.raises(FileExistsError, match="must not exist yet"):
        pack(built, tmp_path / "pack")


def test_collating_pads_and_ignores():
    from midi_text.data.batches import IGNORED, Example

    batch = collate([Example([5, 6, 7], [8, 9], 1), Example([5], [8] * 17, 2, given=3)], pad_id=0, start_id=1)
    assert batch["input_ids"].shape == (2, 16)
    assert batch["labels"].shape == (2, 32)
    assert batch["attention_mask"].sum(1).tolist() == [3, 1]
    assert (batch["labels"] != IGNORED).sum(1).tolist() == [2, 14]
    assert batch["labels"][1, 3:17].tolist() == [8] * 14
    assert batch["decoder_input_ids"][0].tolist() == [1, 8, 9, *[0] * 29]
    assert batch["decoder_input_ids"][1].tolist() == [1, *[8] * 17, *[0] * 14]
    assert batch["notes"].tolist() == [1, 2]


def test_a_tokenizer_can_be_kept(built: Path, folder: Path, tmp_path: Path):
    assert main(["build", str(folder), str(tmp_path), "--tokenizer", str(built / "tokenizer"), "--limit", "3",
                 "--licence", "CC0-1.0", "--attribution", "Made up for a test"]) == 0  # fmt: skip
    for name in ("tokenizer.json", "event_merges.json"):
        assert (tmp_path / "tokenizer" / name).read_bytes() == (built / "tokenizer" / name).read_bytes()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_to_hold_out_is_a_share(folder: Path, tmp_path: Path, share: float):
    with pytest.raises(ValueError, match="held_out must be a share between 0 and 1"):
        build_dataset(folder, tmp_path, SETTINGS, terms=TERMS, held_out=share)
