"""Search in a folder: the index keeps up, words and examples find, candidates are ranked, the judge judges."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from test_build import piece

from midi_text import MidiTextForConditionalGeneration, MidiTextProcessor, TextToMidiPipeline
from midi_text.cli import main
from midi_text.embedding_midi_text import Embedder
from midi_text.evaluation.judge import judge_rows, judge_truth, load_judge
from midi_text.evaluation.likelihood import Excerpt
from midi_text.score_midi_text import write_score
from midi_text.search.index import INDEX_FILE, MusicIndex
from midi_text.search.query import search


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoint with a shared space that knows nothing yet."""
    torch.manual_seed(5)
    folder = tmp_path_factory.mktemp("aligned")
    MidiTextForConditionalGeneration.from_pretrained(tiny_checkpoint, projection_dim=8).save_pretrained(folder)
    MidiTextProcessor.from_pretrained(tiny_checkpoint).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def embedder(checkpoint: Path) -> Embedder:
    return Embedder.load(checkpoint)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pieces, one of them below, and a file that is no MIDI."""
    home = tmp_path / "music"
    (home / "below").mkdir(parents=True)
    for seed in range(6):
        write_score(piece(seed, bars=4), home / ("below" if seed == 5 else "") / f"{seed}.mid")
    (home / "broken.mid").write_bytes(b"no MIDI at all")
    return home


def test_vectors_do_not_depend_on_company(embedder: Embedder):
    texts = ["a waltz", "a long and slow lament for strings in D minor", "x"]
    together = embedder.embed_texts(texts)
    assert together.shape == (3, 8)
    np.testing.assert_allclose(together, np.concatenate([embedder.embed_texts([text]) for text in texts]), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_an_index_is_made_kept_and_brought_up_to_date(folder: Path, embedder: Embedder):
    index = MusicIndex(folder)
    assert index.update(embedder, "weights") == 7
    assert sorted(index.vectors) == ["0.mid", "1.mid", "2.mid", "3.mid", "4.mid", "below/5.mid"]
    assert [entry.file for entry in index.failed] == ["broken.mid"]
    again = MusicIndex(folder)
    assert again.entries == index.entries
    assert all(np.array_equal(again.vectors[name], index.vectors[name]) for name in index.vectors)
    assert again.update(embedder, "weights") == 0, "nothing has changed, so nothing is read"
    write_score(piece(9, bars=4), folder / "0.mid")
    os.utime(folder / "1.mid", ns=(1, 1))
    (folder / "2.mid").unlink()
    assert again.update(embedder, "weights") == 2
    assert "2.mid" not in MusicIndex(folder).entries
    assert again.update(embedder, "other weights") == 5, "the readable ones, once more"
    assert not list(folder.glob(".*.part"))


def test_an_interrupted_index_goes_on(folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch):
    import midi_text.search.index as module

    monkeypatch.setattr(module, "_BATCH", 2)
    monkeypatch.setattr(module, "_SAVE_SECONDS", 0.0)
    index, add = MusicIndex(folder), MusicIndex._add
    calls = []

    def stop_at_third(self, names, *rest):
        calls.append(names)
        if len(calls) == 3:
            raise KeyboardInterrupt
        add(self, names, *rest)

    monkeypatch.setattr(MusicIndex, "_add", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        index.update(embedder, "weights")
    monkeypatch.setattr(MusicIndex, "_add", add)
    assert MusicIndex(folder).update(embedder, "weights") == 3, "four of seven were kept"


def test_another_file_is_no_index(folder: Path):
    (folder / INDEX_FILE).write_bytes(b"something else")
    with pytest.raises(ValueError, match="must be an index of this package"):
        MusicIndex(folder)
    with pytest.raises(NotADirectoryError, match="must be a folder"):
        MusicIndex(folder / "0.mid")


def test_stated_facts_come_first_and_the_cosine_breaks_ties(folder: Path, embedder: Embedder):
    index = MusicIndex(folder)
    index.update(embedder, "weights")
    metre = "{}/{}".format(*next(iter(index.entries.values())).facts.time_signature)  # type: ignore[union-attr]
    hits = search(index, f"something sad in {metre}", embedder=embedder)
    assert len(hits) == 6
    standing = [(-hit.share_met, -hit.cosine) for hit in hits if hit.cosine is not None]
    assert len(standing) == 6
    assert standing == sorted(standing)
    assert hits[0].share_met == 1.0
    assert hits[0].agreement[0].fact == "time_signature"
    assert [hit.cosine for hit in search(index, f"something sad in {metre}")] == [None] * 6


def test_a_piece_resembles_itself_most(folder: Path, embedder: Embedder):
    index = MusicIndex(folder)
    index.update(embedder, "weights")
    best = search(index, like=folder / "3.mid", embedder=embedder, top=1)
    assert [hit.file for hit in best] == ["3.mid"]
    assert best[0].cosine == pytest.approx(1.0, abs=1e-4)


def test_searches_that_make_no_sense(folder: Path, tiny_checkpoint: Path):
    index = MusicIndex(folder)
    without = Embedder.load(tiny_checkpoint)
    index.update(without)
    assert not index.vectors
    with pytest.raises(ValueError, match="needs words, a piece"):
        search(index, "  ")
    with pytest.raises(ValueError, match="trained with the task contrast"):
        search(index, like=folder / "3.mid", embedder=without)
    assert len(search(index, "in 3/4", embedder=without, top=2)) == 2


def test_the_command(folder: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]):
    command = ["search", str(folder), "sad, in C major", "--model", str(checkpoint), "--top", "3", "--json"]
    assert main(command) == 1, "one file is broken"
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["place"] for row in rows] == [1, 2, 3]
    assert all(Path(row["file"]).is_file() for row in rows)
    assert "broken.mid" in err
    (folder / "broken.mid").unlink()
    command = ["search", str(folder), "--like", str(folder / "1.mid"), "--model", str(checkpoint), "--top", "1"]
    assert main(command) == 0
    assert f"1. {folder / '1.mid'}" in capsys.readouterr().out


def test_the_scale_is_what_training_sharpened_cosines_with(embedder: Embedder, tiny_checkpoint: Path):
    assert embedder.scale == pytest.approx(1 / 0.07)
    with pytest.raises(ValueError, match="shared space"):
        _ = Embedder.load(tiny_checkpoint).scale


def test_candidates_of_the_same_agreement_are_ranked_by_the_space(checkpoint: Path):
    model = MidiTextForConditionalGeneration.from_pretrained(checkpoint)
    pipe = TextToMidiPipeline(model=model, processor=MidiTextProcessor.from_pretrained(checkpoint))
    made = pipe("a tune", num_candidates=4, seed=3, max_new_tokens=60)
    cosines = [made.cosine, *(other.cosine for other in made.others)]
    assert cosines == sorted(cosines, reverse=True)
    assert made.to_dict()["cosine"] == made.cosine
    alone = pipe("a tune", seed=3, max_new_tokens=30)
    assert alone.cosine is None, "there is nothing to choose"
    assert "cosine" not in alone.to_dict()


def test_the_judge_prefers_right_pairs(embedder: Embedder):
    """A judge that knows the answers: the vector of a text is that of its piece."""

    class Knowing:
        processor = embedder.processor
        embed_music = staticmethod(embedder.embed_music)

        def embed_texts(self, texts):
            return embedder.embed_music([embedder.processor.read_music(piece(int(t), bars=4)).ids for t in texts])

    pieces = [piece(seed, bars=4) for seed in range(8)]
    rows = {row.metric: row.value for row in judge_rows(Knowing(), [str(i) for i in range(8)], pieces)}  # type: ignore[arg-type]
    assert rows["judge/cosine"] == pytest.approx(1.0, abs=1e-4)
    assert rows["judge/wins"] == 1.0
    assert rows["judge/cosine_shuffled"] < rows["judge/cosine"]
    lost = judge_rows(Knowing(), list("0123"), [*pieces[:3], None], name="x")  # type: ignore[arg-type]
    assert {row.metric: row.value for row in lost}["judge/wins/x"] == 0.75


def test_the_judge_says_what_it_needs(embedder: Embedder, tiny_checkpoint: Path, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="--tasks contrast"):
        load_judge(tmp_path)
    with pytest.raises(ValueError, match="needs a shared space"):
        load_judge(tiny_checkpoint)
    with pytest.raises(ValueError, match="2 prompts and 1 pieces"):
        judge_rows(embedder, ["a", "b"], [piece(0)])
    with pytest.raises(ValueError, match="at least two"):
        judge_rows(embedder, ["a"], [piece(0)])


def test_the_judge_of_human_music(embedder: Embedder):
    events = [embedder.processor.tokenizer.events.encode(piece(seed, bars=4)) for seed in range(6)]
    excerpts = [Excerpt("made up", ids, f"a tune, number {i}", 8) for i, ids in enumerate(events)]
    rows = {row.metric: row for row in judge_truth(embedder, excerpts)}
    assert set(rows) == {"judge/cosine/truth", "judge/cosine_shuffled/truth", "judge/wins/truth"}
    assert rows["judge/wins/truth"].low is not None
    own = np.sum(
        embedder.embed_texts([e.prompt for e in excerpts])
        * embedder.embed_music(embedder.processor.tokenizer.merge(events)),
        axis=1,
    )
    assert rows["judge/cosine/truth"].value == pytest.approx(own.mean(), abs=1e-5)
    assert {row.metric: row for row in judge_truth(embedder, excerpts)} == rows
