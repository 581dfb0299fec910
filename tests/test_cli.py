"""The command line, in this process on a random model; what only a process can show, in one of its own."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from local_hub import TOKEN, LocalHub
from midi_bytes import END, metre, off, on, smf, tempo

from midi_text import PRETRAINED, read_score
from midi_text.cli import BROKEN_PIPE, INTERRUPTED, main, make_parser, music, options
from midi_text.cli.output import JsonLines, printable, table
from midi_text.cli.parts import PARTS
from midi_text.cli.settings import settings_of
from midi_text.facts.analysis import Analysis, analyze
from midi_text.facts_midi_text import measure_facts
from midi_text.pipeline_midi_text import TextToMidiPipeline
from midi_text.records import EvaluationReport, hash_file
from midi_text.reports.tables import chapters
from midi_text.training.settings import TrainingSettings

PROMPT = "a waltz in D minor for violin at 90 BPM, 2 bars"
SONG = smf(
    tempo(0, 500_000)
    + metre(0, 3, 2)
    + b"".join(on(0, pitch) + off(480, pitch) for pitch in (62, 65, 69, 62, 61, 62))
    + END
)


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """A folder with two good files, one of them deeper, one bad file and one that is no MIDI file at all."""
    folder = tmp_path / "songs"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.mid").write_bytes(SONG)
    (folder / "deep" / "a.MIDI").write_bytes(SONG)
    (folder / "bad.mid").write_bytes(b"MThd and nothing more")
    (folder / "notes.txt").write_text("not music")
    return folder


def run(*words: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    return code, *capsys.readouterr()


def objects(text: str) -> list[dict]:
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


# -- compose -----------------------------------------------------------------------------------------------------


def test_compose_writes_the_piece_and_says_how_it_fared(tiny_checkpoint: Path, tmp_path: Path, capsys):
    path = tmp_path / "new" / "waltz.mid"
    code, out, err = run("compose", PROMPT, "--model", tiny_checkpoint, "-o", path, "--seed", 5, capsys=capsys)
    assert (code, err) == (0, "")
    assert len(read_score(path).score.tracks) == 1
    assert out.startswith(PROMPT)
    rows = {line.split("  ")[1].strip(): line for line in out.splitlines()[2:-1]}
    assert {"tempo_bpm", "time_signature", "instrument", "bars"} <= set(rows)
    assert all(rows[fact].endswith("yes") for fact in ("tempo_bpm", "time_signature", "instrument", "bars"))
    assert str(path) in out
    assert "seed 5" in out
    assert [file.name for file in path.parent.iterdir()] == ["waltz.mid"]


def test_compose_as_json(tiny_checkpoint: Path, tmp_path: Path, capsys, monkeypatch):
    def chatty(self, inputs, **kwargs):
        print("a library talks")  # noqa: T201
        return call(self, inputs, **kwargs)

    call = TextToMidiPipeline.__call__
    monkeypatch.setattr(TextToMidiPipeline, "__call__", chatty)
    arguments = ("--json", "--model", tiny_checkpoint, "--output-dir", tmp_path, "--seed", 1, "--num-candidates", 2)
    code, out, err = run("compose", PROMPT, *arguments, capsys=capsys)
    (item,) = objects(out)
    assert code == 0
    assert "a library talks" in err
    about = {"prompt", "midi", "seed", "notes", "bars", "duration_seconds", "generation_seconds"}
    assert set(item) == {*about, "facts", "analysis", "agreement"}
    assert item["prompt"] == PROMPT
    assert Path(item["midi"]) == tmp_path / "a-waltz-in-d-minor-for-violin-at-90-bpm-2-bars.mid"
    assert item["bars"] == 2
    assert item["seed"] == 1
    assert all(set(row) == {"fact", "asked", "measured", "met"} for row in item["agreement"])


def test_the_same_seed_gives_the_same_piece_and_never_takes_its_place(tiny_checkpoint: Path, tmp_path: Path, capsys):
    for _ in range(2):  # "minor" alone leaves the tonic to the seed
        arguments = ("--model", tiny_checkpoint, "--output-dir", tmp_path, "--seed", 9, "--bars", 1)
        assert run("compose", "in a minor key", *arguments, capsys=capsys)[0] == 0
    first, second = (tmp_path / f"in-a-minor-key{end}.mid" for end in ("", "-2"))
    assert first.read_bytes() == second.read_bytes()


def test_a_drawn_seed_gives_the_same_piece_again(tiny_checkpoint: Path, tmp_path: Path, capsys):
    arguments = ("compose", "in a minor key", "--model", tiny_checkpoint, "--bars", 1, "--json")
    (first,) = objects(run(*arguments, "-o", tmp_path / "1.mid", capsys=capsys)[1])
    run(*arguments, "-o", tmp_path / "2.mid", "--seed", first["seed"], capsys=capsys)
    assert (tmp_path / "1.mid").read_bytes() == (tmp_path / "2.mid").read_bytes()


def test_options_win_over_the_prompt(tiny_checkpoint: Path, tmp_path: Path, capsys):
    wishes = ("--tempo-bpm", 120, "--key", "C major", "--time-signature", "6/8", "--instruments", "flute,32")
    arguments = ("--bars", 1, "--json", "--model", tiny_checkpoint, "-o", tmp_path / "a.mid")
    (item,) = objects(run("compose", PROMPT, *wishes, *arguments, capsys=capsys)[1])
    facts = item["facts"]
    assert (facts["tempo_bpm"], facts["time_signature"], item["bars"]) == (120, [6, 8], 1)
    assert {instrument["program"] for instrument in facts["instruments"]} == {73, 32}


def test_no_locks_leaves_it_to_the_model(tiny_checkpoint: Path, tmp_path: Path, capsys, monkeypatch):
    seen = []
    forward = TextToMidiPipeline._forward
    monkeypatch.setattr(
        TextToMidiPipeline, "_forward", lambda self, x, **options: seen.append(options) or forward(self, x, **options)
    )
    arguments = ("--model", tiny_checkpoint, "-o", tmp_path / "a.mid", "--bars", 1)
    run("compose", "x", *arguments, "--temperature", 0.5, "--top-p", 0.9, "--guidance", 1.5, capsys=capsys)
    run("compose", "x", *arguments, "--no-locks", capsys=capsys)
    assert [options["locks"] for options in seen] == [True, False]
    assert seen[0]["options"] == {"temperature": 0.5, "top_p": 0.9, "guidance_scale": 1.5}


def test_prompts_become_numbered_files_in_their_order(tiny_checkpoint: Path, tmp_path: Path, capsys):
    prompts = tmp_path / "prompts.txt"
    lines = [
        "a jig, 1 bar",
        '{"prompt": "a march\u2028slow", "bars": 2, "instruments": ["tuba"]}',
        "",
        "drums, 3 bars\r",
    ]
    prompts.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    arguments = ("--json", "--model", tiny_checkpoint, "--batch-size", 2)
    code, out, _ = run("compose", "--prompts", prompts, "--output-dir", tmp_path / "o", *arguments, capsys=capsys)
    items = objects(out)
    assert code == 0
    assert [item["prompt"] for item in items] == ["a jig, 1 bar", "a march\u2028slow", "drums, 3 bars"]
    assert [item["bars"] for item in items] == [1, 2, 3]
    assert [Path(item["midi"]).name for item in items] == ["000.mid", "001.mid", "002.mid"]
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["000.mid", "001.mid", "002.mid"]
    assert items[1]["facts"]["instruments"][0]["program"] == 58


def test_prompts_from_standard_input(tiny_checkpoint: Path, tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"drums, 1 bar\n")))
    arguments = ("--output-dir", tmp_path, "--model", tiny_checkpoint)
    assert run("compose", "--prompts", "-", *arguments, capsys=capsys)[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["000.mid"]


def test_a_bad_prompt_does_not_stop_the_others(tiny_checkpoint: Path, tmp_path: Path, capsys):
    prompts = tmp_path / "prompts.jsonl"
    bad = ['{"prompt": "x", "bars": 0}', '{"prompt": 3}', '{"nonsense": 1}', "{", '{"bars": "two"}']
    prompts.write_text("\n".join(["1 bar", *bad, "drums, 1 bar"]))
    arguments = ("--output-dir", tmp_path / "o", "--model", tiny_checkpoint, "--json")
    code, out, err = run("compose", "--prompts", prompts, *arguments, capsys=capsys)
    assert code == 1
    assert [Path(item["midi"]).name for item in objects(out)] == ["000.mid", "006.mid"]
    assert err.count("midi-text: error: ") == len(bad)
    assert "001.mid: bars must be at least 1; got 0" in err
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["000.mid", "006.mid"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compose"], "one PROMPT or --prompts"),
        (["compose", "x", "--prompts", "f"], "one PROMPT or --prompts"),
        (["compose", "--prompts", "f"], "--prompts needs --output-dir"),
        (["compose", "x", "-o", "a.mid", "--output-dir", "b"], "not allowed with"),
        (["compose", "x", "--num-candidates", "0"], "at least 1"),
        (["compose", "x", "--bars", "many"], "invalid int value"),
        (["compose", "x", "--seed", "-1"], "whole number"),
        (["compose", "x", "--seed", str(2**63)], "whole number"),
        (["compose", "x", "--instruments", ","], "at least one"),
        (["caption"], "required"),
        (["export", "a", "b"], "--repo-id"),
        (["evaluate", "--parts", "truth"], "need --data"),
        (["evaluate", "--parts", "beauty"], "must be some of"),
        (["sing"], "invalid choice"),
        ([], "required"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(words: list[str], message: str, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (["--bars", "0"], "bars must be at least 1"),
        (["--tempo-bpm", "1000"], "tempo_bpm must be from 30 to 250"),
        (["--tempo-bpm", "nan"], "tempo_bpm must be from 30 to 250"),
        (["--key", "H sharp"], "H sharp"),
        (["--time-signature", "waltz"], "time_signature must read like"),
        (["--instruments", "kazoo quartet of doom"], "instruments must be names"),
    ],
)
def test_a_wish_that_cannot_be_is_one_line(wish: list[str], message: str, tiny_checkpoint, tmp_path, capsys):
    arguments = ("--model", tiny_checkpoint, "-o", tmp_path / "a.mid")
    code, out, err = run("compose", "x", *arguments, *wish, capsys=capsys)
    assert (code, out) == (1, "")
    assert err.startswith("midi-text: error: ")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "<|midi:Pitch_60|></s><compose>",
        "🎵🎶",
        "慢板，小提琴",
        "caf\udce9 m\ud83d",
        "a waltz " * 12_500,
        "no piano, piano",
    ],
    ids=["empty", "injection", "emoji", "chinese", "broken", "endless", "contradiction"],
)
def test_any_prompt_is_written(prompt: str, tiny_checkpoint: Path, tmp_path: Path, capsys):
    code, out, err = run(
        *("compose", prompt, "--model", tiny_checkpoint, "--output-dir", tmp_path, "--bars", 1, "--json"), capsys=capsys
    )
    (item,) = objects(out)
    assert (code, err) == (0, "")
    assert item["notes"] >= 1
    assert [str(path) for path in tmp_path.iterdir()] == [item["midi"]]


def test_a_folder_is_no_file_to_write_to(tiny_checkpoint: Path, tmp_path: Path, capsys):
    code, _, err = run("compose", "x", "--model", tiny_checkpoint, "-o", tmp_path, capsys=capsys)
    assert code == 1
    assert "--output-dir writes into one" in err


def test_a_checkpoint_that_is_not_there(tmp_path: Path, capsys, monkeypatch):
    code, _, err = run("compose", "x", "--model", tmp_path, "-o", tmp_path / "a.mid", capsys=capsys)
    assert code == 1
    assert "holds no config.json" in err
    monkeypatch.setattr(options, "PRETRAINED", tmp_path)
    code, _, err = run("compose", "x", "-o", tmp_path / "a.mid", capsys=capsys)
    assert code == 1
    assert "no weights of its own" in err
    assert "--model" in err


def test_the_embedded_checkpoint_is_the_packages():
    assert options.PRETRAINED == PRETRAINED


def test_an_interrupted_composition_leaves_nothing(tiny_checkpoint: Path, tmp_path: Path, capsys, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("midi_text.score_midi_text.Path.replace", interrupt)
    arguments = ("--model", tiny_checkpoint, "-o", tmp_path / "a.mid", "--bars", 1)
    code, out, err = run("compose", "x", *arguments, capsys=capsys)
    assert (code, out, err) == (INTERRUPTED, "", "midi-text: interrupted\n")
    assert not list(tmp_path.iterdir())


# -- caption and analyze -----------------------------------------------------------------------------------------


def test_analyze_gives_the_basic_facts(songs: Path, capsys):
    code, out, err = run("analyze", songs / "b.mid", "--basic", "--json", capsys=capsys)
    (item,) = objects(out)
    assert (code, err) == (0, "")
    assert item.pop("key_confidence") > 0.3
    assert item == {
        "file": str(songs / "b.mid"),
        "tempo_bpm": 120.0,
        "time_signature": "3/4",
        "key": "D minor",
        "instruments": ["Acoustic Grand Piano"],
        "programs": [0],
        "has_drums": False,
        "bars": 2,
        "duration_seconds": 3.0,
        "notes": 6,
        "repairs": [],
    }


def test_analyze_takes_a_closer_look(songs: Path, capsys):
    code, out, err = run("analyze", songs / "b.mid", "--json", capsys=capsys)
    (item,) = objects(out)
    assert (code, err) == (0, "")
    analysis = Analysis.from_dict(item["analysis"])
    assert analysis == analyze(read_score(songs / "b.mid").score)
    assert {style["kind"] for style in item["styles"]} <= {"genre", "period", "composer", "dance", "drum style", "mood"}
    code, out, _ = run("analyze", songs / "b.mid", capsys=capsys)
    assert code == 0
    for trait in analysis.texture.traits:
        assert re.search(rf"texture: .*{trait}", out)
    assert f"grade {analysis.difficulty.grade}" in out or analysis.difficulty.grade is None


def test_analyze_loads_no_model(songs: Path, capsys, monkeypatch):
    monkeypatch.setattr(music, "load_pipeline", None)
    code, out, _ = run("analyze", songs / "b.mid", capsys=capsys)
    assert code == 0
    assert "3/4, 120 BPM, D minor" in out


def test_a_folder_with_a_bad_file(songs: Path, tiny_checkpoint: Path, capsys):
    for command in (("analyze",), ("caption", "--model", tiny_checkpoint)):
        code, out, err = run(*command, songs, songs / "b.mid", "--json", capsys=capsys)
        assert code == 1
        assert [item["file"] for item in objects(out)] == [str(songs / "b.mid"), str(songs / "deep" / "a.MIDI")]
        assert err.splitlines()[0].startswith(f"midi-text: error: {songs / 'bad.mid'}: ")
        assert "bad.mid: bad.mid" not in err
        assert "1 failed; the rest is done" in err


def test_caption_gives_words_and_facts(songs: Path, tiny_checkpoint: Path, capsys):
    code, out, err = run("caption", songs / "b.mid", "--model", tiny_checkpoint, "--json", capsys=capsys)
    (item,) = objects(out)
    assert (code, err) == (0, "")
    assert {"file", "caption", "facts", "bars_read", "bars_total", "truncated"} <= set(item)
    assert (item["bars_read"], item["bars_total"], item["truncated"]) == (2, 2, False)
    assert item["facts"]["time_signature"] == [3, 4]


def test_caption_for_people_says_what_was_not_read_and_what_was_repaired(tmp_path, tiny_checkpoint, capsys):
    long = b"".join(on(0, 36 + n * 7 % 60, 1 + n % 120) + off(480 + n % 96 * 5, 36 + n * 7 % 60) for n in range(900))
    (tmp_path / "long.mid").write_bytes(smf(tempo(0, 0) + long + END))
    code, out, _ = run("caption", tmp_path / "long.mid", "--model", tiny_checkpoint, capsys=capsys)
    assert code == 0
    assert "the model read the first " in out
    assert "repaired: Tempo events of 0" in out


def test_jsonl_goes_on_where_it_stopped(songs: Path, tiny_checkpoint: Path, tmp_path: Path, capsys):
    (songs / "bad.mid").unlink()
    lines = tmp_path / "new" / "captions.jsonl"
    command = ("caption", songs, "--model", tiny_checkpoint, "--jsonl", lines)
    code, out, err = run(*command, capsys=capsys)
    assert (code, out, err) == (0, "", "")
    whole = lines.read_text()
    assert [item["file"] for item in objects(whole)] == [str(songs / "b.mid"), str(songs / "deep" / "a.MIDI")]

    lines.write_text(whole[: whole.index("\n") + 20])  # the machine stopped in the middle of a line
    code, out, err = run(*command, "--json", capsys=capsys)
    assert code == 0
    assert [item["file"] for item in objects(out)] == [str(songs / "deep" / "a.MIDI")]
    assert "1 of 2 files are in" in err
    assert [item["file"] for item in objects(lines.read_text())] == [item["file"] for item in objects(whole)]

    code, out, err = run(*command, "--model", "nowhere/needed", capsys=capsys)
    assert (code, out) == (0, "")


def test_jsonl_is_never_another_file(tmp_path: Path):
    for content in ("hello", "hello\n", '{"caption": 1}\n', "[]\n", '{"file": "a"}\nhello'):
        path = tmp_path / "a"
        path.write_text(content)
        with pytest.raises(ValueError, match="one a line"):
            JsonLines(path, "file")
        assert path.read_text() == content


def test_an_empty_folder_is_an_error(tmp_path: Path, capsys):
    code, out, err = run("analyze", tmp_path, capsys=capsys)
    assert (code, out) == (1, "")
    assert "it holds none" in err


def test_only_what_fails_fails():
    tried = []

    def work(batch):
        tried.append(list(batch))
        if 3 in batch:
            raise ValueError("three")
        return [n * 10 for n in batch]

    results = list(music.in_batches(range(1, 6), 4, work, "numbers"))
    assert [item for item, _ in results] == [1, 2, 3, 4, 5]
    assert [made if isinstance(made, int) else str(made) for _, made in results] == [10, 20, "three", 40, 50]
    assert tried == [[1, 2, 3, 4], [1, 2], [3, 4], [3], [4], [5]]


# -- build, train, export, push ----------------------------------------------------------------------------------


def test_build_and_train_a_little(tmp_path: Path, capsys, monkeypatch):
    folder = tmp_path / "midi"
    folder.mkdir()
    for number in range(60):  # enough that the hash of the names gives every split some
        tune = b"".join(on(0, 55 + (number + 2 * n) % 12) + off(240, 55 + (number + 2 * n) % 12) for n in range(24))
        (folder / f"{number}.mid").write_bytes(smf(tempo(0, 500_000) + metre(0, 3, 2) + tune + END))
    sizes = ("--text-vocab-size", 320, "--music-vocab-size", 1024, "--duplicates", "keep")
    sizes += ("--licence", "CC0 1.0", "--attribution", "Made up for a test")
    code, out, _ = run("build", folder, tmp_path / "data", *sizes, "--json", capsys=capsys)
    (manifest,) = objects(out)
    assert code == 0
    assert manifest["settings"]["text_vocab_size"] == 320
    assert sum(manifest["splits"].values()) >= 60

    settings = tmp_path / "tiny.toml"
    settings.write_text(
        "steps = 4\nevents_per_batch = 512\nvalidate_every = 2\nsave_every = 2\nmixed_precision = 'no'\n"
        "[model]\nd_model = 24\nnum_heads = 3\nnum_key_value_heads = 1\nd_ff = 40\n"
        "num_encoder_layers = 1\nnum_decoder_layers = 1\n"
    )
    train = ("train", tmp_path / "data", tmp_path / "run", "--settings", settings, "--steps", 2)
    code, out, _ = run(*train, "--json", capsys=capsys)
    (item,) = objects(out)
    assert code == 0
    assert (item["step"], item["done"], item["record"]["best_step"]) == (2, True, 2)
    assert item["record"]["settings"]["steps"] == 2
    assert (tmp_path / "run" / "best" / "model.safetensors").is_file()
    code, _, err = run(*train, capsys=capsys)
    assert code == 1
    assert "--resume" in err

    (tmp_path / "one.txt").write_text("a waltz in D minor at 96 bpm, 2 bars\n")
    parts = [name for name in PARTS if name != "sections"]  # 72 pieces, whatever the prompts
    few = (
        "--parts",
        ",".join(parts),
        "--prompts",
        tmp_path / "one.txt",
        "--excerpts",
        2,
        "--pairs",
        4,
        "--trips",
        1,
        "--results",
        tmp_path / "r",
        "-o",
        tmp_path / "report.json",
    )
    best = tmp_path / "run" / "best"
    monkeypatch.setenv("PATH", "")  # no Java: METEOR takes a quarter of a minute to start
    code, out, _ = run("evaluate", "--model", best, "--data", tmp_path / "data", *few, "--json", capsys=capsys)
    (report,) = objects(out)
    assert code == 0
    assert report["checkpoint_hash"] == hash_file(best / "model.safetensors")
    assert EvaluationReport.load(tmp_path / "report.json").to_dict() == report
    values = {row["metric"]: row["value"] for row in report["rows"]}
    assert {name.split("/")[0] for name in values} == set(parts)
    tables = [t for chapter in chapters(EvaluationReport.load(tmp_path / "report.json")) for t in chapter.tables]
    shown = {cell.row.metric for table in tables for line in table.lines for cell in line.cells if cell}
    assert {name.split("/")[0] for name in shown} == set(parts)  # a page shows something of every part
    for kind in ("own_words", "checked", "template", "shuffled", "wrong_facts"):
        assert {f"caption_facts/precision/{judge}/{kind}" for judge in ("ours", "independent")} <= set(values)
        assert {f"ngrams/{score}/{kind}" for score in ("bleu_4", "rouge_l", "cider")} <= set(values)
    assert values["caption_facts/contradicted/ours/template"] == 0
    assert values["ngrams/rouge_l/template"] > values["ngrams/rouge_l/own_words"]
    assert values["retrieval/examples"] == 2  # the test split has no more
    assert values["retrieval/text_to_midi/mrr/facts"] >= values["retrieval/mrr/chance"]
    assert {"round_trip/text/held", "round_trip/midi/held"} <= set(values)
    assert values["round_trip/contradicted/checked"] == 0
    assert values["changes/examples"] == 2
    assert values["adherence/tempo"] == values["adherence/bars"] == 1
    assert values["truth/examples"] == values["likelihood/examples"] == values["human/examples"] == 2
    assert (tmp_path / "r" / "template" / "000.mid").is_file()


def test_bench(tiny_checkpoint: Path, capsys):
    words = ("bench", "a jig, 1 bar", "--runs", 1, "--model", tiny_checkpoint, "--json")
    code, out, err = run(*words, capsys=capsys)
    (item,) = objects(out)
    values = {row["metric"]: row["value"] for row in item["rows"]}
    assert (code, err) == (0, "")
    assert values["notes_per_second/batch_1"] > 0
    assert values["real_time_factor/batch_1"] > 0


def test_a_missing_extra_names_its_command(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    code, _, err = run("train", tmp_path, tmp_path, capsys=capsys)
    assert code == 1
    assert (
        err == "midi-text: error: this needs accelerate, which is not installed; run: pip install 'midi-text[train]'\n"
    )


def test_the_extras_that_are_named_exist():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert {"train"} <= set(project["optional-dependencies"])
    assert project["scripts"] == {"midi-text": "midi_text.cli:main"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{", "must be JSON"),
        ("a.toml", "x", "must be JSON, or TOML"),
        ("a.json", "[]", "must hold an object"),
        ("a.json", '{"step": 1}', "has no step; it has model"),
        ("a.json", '{"steps": "many"}', "wrong type"),
        ("a.json", '{"steps": 0}', "steps must be at least 1"),
    ],
)
def test_bad_settings(name: str, content: str, message: str, tmp_path: Path, capsys):
    (tmp_path / name).write_text(content)
    code, _, err = run("train", tmp_path, tmp_path / "r", "--settings", tmp_path / name, capsys=capsys)
    assert code == 1
    assert message in err


def test_settings_are_options_and_options_win():
    words = ["train", "d", "o", "--learning-rate", "0.5", "--compile", "--init-from", "x"]
    settings = settings_of(make_parser().parse_args(words), TrainingSettings, {"steps": 3, "compile": False})
    assert settings == TrainingSettings(steps=3, learning_rate=0.5, compile=True, init_from="x")


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("improve", "--prompts PROMPTS how many to practise on [500]"),
        ("train-baseline", "--save-every SAVE_EVERY steps between checkpoints [250]"),
        ("train", "--compile, --no-compile whether to torch.compile the model [False]"),
    ],
)
def test_settings_are_told_in_the_words_of_their_class(command: str, text: str, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert text in " ".join(capsys.readouterr().out.split())


def test_export_without_papers(tiny_checkpoint: Path, tmp_path: Path, capsys):
    code, _, err = run("export", tiny_checkpoint, tmp_path / "o", "--repo-id", "user/name", capsys=capsys)
    assert code == 1
    assert "data_manifest.json" in err
    assert not list(tmp_path.iterdir())


def test_push_to_a_hub(tiny_checkpoint: Path, tmp_path: Path, capsys, monkeypatch):
    code, _, err = run("push", tiny_checkpoint, "user/cli", capsys=capsys)
    assert code == 1
    assert "must hold README.md" in err
    for path in tiny_checkpoint.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "README.md").write_text("# tiny")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with LocalHub() as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        code, out, _ = run("push", tmp_path, "user/cli", "--json", capsys=capsys)
    assert code == 0
    assert objects(out)[0]["url"].startswith(hub.url)


# -- processes and terminals -------------------------------------------------------------------------------------


def process(*words: object, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "midi_text", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_a_broken_pipe_is_quiet(songs: Path):
    with process("analyze", *[songs / "b.mid"] * 2, songs / "deep", "--json", env=os.environ) as done:
        done.stdout.close()
        assert (done.stderr.read(), done.wait(100)) == ("", BROKEN_PIPE)


def test_ctrl_c(tmp_path: Path):
    """The process waits for its prompts when the signal comes."""
    words = ("compose", "--prompts", "-", "--output-dir", tmp_path)
    with process(*words, stdin=subprocess.PIPE, env=os.environ | {"PYTHONVERBOSE": "0"}) as waiting:
        state = Path(f"/proc/{waiting.pid}/wchan")
        if not state.exists():
            waiting.kill()
            pytest.skip("only Linux says what a process waits for")
        while "pipe" not in state.read_text() and waiting.poll() is None:
            signal.sigtimedwait([], 0.05)
        waiting.send_signal(signal.SIGINT)
        out, err = waiting.communicate(timeout=100)
    assert (waiting.returncode, out, err) == (INTERRUPTED, "", "midi-text: interrupted\n")


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("midi-text ")


def test_debug_shows_the_traceback(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        main(["train", str(tmp_path), str(tmp_path / "r"), "--settings", str(tmp_path / "no"), "--debug"])


def test_an_error_nobody_foresaw_is_one_line(capsys, monkeypatch):
    def broken(*_):
        raise KeyError("lost")

    monkeypatch.setattr(music, "_find_files", broken)
    code, out, err = run("analyze", "x", capsys=capsys)
    assert (code, out) == (1, "")
    assert err == "midi-text: error: KeyError: 'lost' (--debug shows where)\n"


def test_nothing_steers_the_terminal():
    assert printable("a\x1b[31mb\tc\nd é ♭") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}c\nd é ♭"
    assert table([("", "x"), ("long", "é")]) == "        x\n  long  é"
    assert max(map(len, table([("a b " * 40, "c")]).splitlines())) < 70


def test_read_says_what_is_understood(capsys):
    code, out, err = run("read", "a slow waltz in D minor, no drums, dreamy", "xyzzy", "--json", capsys=capsys)
    first, second = objects(out)
    assert (code, err) == (0, "")
    assert (first["read"]["key"], first["read"]["metre"], first["read"]["without"]) == ("D minor", "3/4", "drums")
    assert "dreamy" in first["read"]["style, left to the model"]
    assert second["read"] == {"words left to the model": "xyzzy"}
    code, out, _ = run("read", "", capsys=capsys)
    assert (code, out) == (0, "\n  (nothing was read)\n")


# -- students, bands and the accuracy of facts -------------------------------------------------------------------


def test_practice_and_assess(tmp_path: Path, capsys):
    prompt = "triplets in D major, right hand, easy"
    code, out, err = run("practice", prompt, "-o", tmp_path / "a.mid", "--count", 2, "--json", capsys=capsys)
    made = objects(out)
    assert (code, err) == (0, "")
    assert [item["midi"] for item in made] == [str(tmp_path / "a-1.mid"), str(tmp_path / "a-2.mid")]
    assert all(row["met"] for item in made for row in item["agreement"])
    assert measure_facts(read_score(made[0]["midi"]).score).key.name == "D major"
    picture = tmp_path / "lesson.png"
    code, out, _ = run("assess", made[0]["midi"], made[1]["midi"], "--picture", picture, "--json", capsys=capsys)
    (item,) = objects(out)
    assert code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert 0 < item["share_right"] < 1
    assert {note["verdict"] for note in item["notes"]} <= {"right", "wrong", "missing", "extra"}
    code, out, _ = run("assess", made[0]["midi"], made[0]["midi"], capsys=capsys)
    assert "are right: well done." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("practice", " "), "an exercise needs words"),
        (("assess", "no.mid", "no.mid"), "no.mid"),
        (("arrange", "nowhere", "out"), "nowhere"),
        (("train-style", "nowhere"), "nowhere"),
        (("accuracy", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, message, tmp_path: Path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments, capsys=capsys)
    assert (code, out) == (1, "")
    assert message in err.splitlines()[-1]
    assert err.splitlines()[-1].startswith("midi-text: error: ")
    assert not list(tmp_path.iterdir())


def test_accuracy_of_a_small_corpus(tmp_path: Path, capsys):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(3):
        code, _, _ = run(
            "practice", "an exercise in G major", "-o", corpus / f"{number}.mid", "--seed", number, capsys=capsys
        )
        assert code == 0
        note = {"split": "test", "licence": "CC0-1.0", "attribution": "nobody", "key": "G major", "metre": "4/4"}
        (corpus / f"{number}.json").write_text(json.dumps(note))
    page = tmp_path / "facts.md"
    code, out, _ = run("accuracy", corpus, "--topics", "metre,style,speed", "--page", page, "--json", capsys=capsys)
    (item,) = objects(out)
    assert code == 0
    assert {"speed", "heard metre"} <= {row["fact"] for row in item["rows"]}
    text = page.read_text()
    assert "| `tempo_bpm` | Quarter notes per minute" in text
    assert "| basic facts, files/s | corpus |" in text
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
