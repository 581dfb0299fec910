"""``evaluate`` part by part: a run that was stopped ends with the report of one that was not, and the gate holds."""

import json
import random
import shutil
from pathlib import Path

import pytest
import symusic

from midi_text.cli import main
from midi_text.evaluation.described import Described, describe_all
from midi_text.evaluation.forms import form_prompts, form_rows
from midi_text.evaluation.journal import Journal
from midi_text.evaluation.prompt_files import load_prompts
from midi_text.evaluation.quick import BOUNDS, Bound, load_bounds, measured_again, save_bounds
from midi_text.records import EvaluationReport, Measurement

PROMPTS = "2/4, 1 bar, piano\n3/4, 1 bar, flute, 100 bpm\n2/4, 1 bar in D minor for violin, no drums\n"
OWN_WORK = "adherence,own_share,round_trip"


def evaluate(checkpoint: Path, folder: Path, *more: str) -> EvaluationReport:
    (folder.parent / "prompts.txt").write_text(PROMPTS)
    options = ["--model", checkpoint, "--prompts", folder.parent / "prompts.txt", "--parts", OWN_WORK, "--seed", 3]
    paths = ["--results", folder, "-o", folder.parent / f"{folder.name}.json"]
    assert main(["evaluate", *map(str, [*options, "--batch-size", 1, *paths, *more]), "--json"]) == 0
    return EvaluationReport.load(folder.parent / f"{folder.name}.json")


def timeless(report: EvaluationReport) -> list[Measurement]:
    return [row for row in report.rows if "notes_per_second" not in row.metric]


def test_a_stopped_run_goes_on_to_the_same_report(tiny_checkpoint: Path, tmp_path: Path):
    whole = evaluate(tiny_checkpoint, tmp_path / "whole")
    assert {row.metric.split("/")[0] for row in whole.rows} == set(OWN_WORK.split(","))
    assert whole.value("adherence/decodes") == whole.value("adherence/metre") == 1
    assert whole.value("round_trip/examples") == 3
    assert whole.value("round_trip/contradicted/checked") == 0
    assert 0 < whole.value("round_trip/text/held") <= 1

    stopped = tmp_path / "stopped"
    shutil.copytree(tmp_path / "whole", stopped)
    journals = [stopped / "adherence" / "answers.jsonl", stopped / "round_trip_text.jsonl"]
    for journal in journals:  # as if it had ended after the first answer
        journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:2]))
    first = json.loads(journals[0].read_text().splitlines()[1])
    kept = [prompt.id for prompt in load_prompts(str(tmp_path / "prompts.txt")).prompts].index(first["id"])
    for path in (stopped / "adherence").glob("*.mid"):
        if int(path.stem) != kept:
            path.unlink()
    shutil.rmtree(stopped / "own_share")
    assert timeless(evaluate(tiny_checkpoint, stopped)) == timeless(whole)
    assert json.loads(journals[0].read_text().splitlines()[1]) == first, "the first answer was kept"

    with pytest.raises(ValueError, match="must be of the same run"):
        Journal(journals[1], {"seed": 4})


class Counting:
    """Describes pieces by what they hold and counts its calls; stops at a piece that says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[bytes], int]] = []

    def __call__(self, pieces, batch_size, seed):
        assert batch_size == len(pieces)
        if b"stop" in pieces:
            raise KeyboardInterrupt
        self.calls.append((list(pieces), seed))
        return [type("Said", (), {"model_text": piece.decode(), "text": piece.decode().upper()}) for piece in pieces]


def test_captions_are_written_once(tmp_path: Path):
    pieces = [b"a", None, b"b", b"c", None]
    said = describe_all(Counting(), pieces, tmp_path / "c.jsonl", batch_size=2, seed=5)
    assert said == [Described(*each) for each in (("a", "A"), ("", ""), ("b", "B"), ("c", "C"), ("", ""))]
    again = Counting()
    assert describe_all(again, pieces, tmp_path / "c.jsonl", batch_size=2, seed=5) == said
    assert not again.calls
    lines = (tmp_path / "c.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "c.jsonl").write_text("".join(lines[:3]))
    assert describe_all(again, pieces, tmp_path / "c.jsonl", batch_size=2, seed=5) == said
    assert again.calls == [([b"b", b"c"], 7)]
    with pytest.raises(ValueError, match="must be of the same run"):
        describe_all(again, [b"a", b"other"], tmp_path / "c.jsonl", batch_size=2, seed=5)


def test_an_interruption_keeps_what_was_written(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        describe_all(Counting(), [b"a", b"stop"], tmp_path / "c.jsonl", batch_size=1)
    assert len((tmp_path / "c.jsonl").read_text().splitlines()) == 2


# -- two ways to form


def sections(form: str, bars: int) -> symusic.Score:
    """A tune in which a letter stands for the same bars, and another letter for other ones."""
    score = symusic.Score(48)
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    track = symusic.Track(program=0)
    length = bars // len(form)
    for place, letter in enumerate(form):
        rng = random.Random(letter)
        for beat in range(4 * length):
            pitch = 48 + 12 * "ABC".index(letter) + rng.choice((0, 2, 4, 5, 7, 9, 11))
            track.notes.append(symusic.Note(48 * (4 * length * place + beat), 48, pitch, 80))
    score.tracks.append(track)
    return score


def test_ways_to_form_are_compared_on_the_same_prompts():
    prompts = form_prompts()
    ways = {"copied": [sections(form, bars) for _, form, bars in prompts], "written": [None] * len(prompts)}
    rows = {row.metric: row.value for row in form_rows(ways)}
    assert rows["pairs/copied"] == 1
    assert rows["form/copied"] > 0.5
    assert rows["rc4/copied"] > rows["rc4/written"] == rows["form/written"] == rows["pairs/written"] == 0


# -- the quick gate


def report(**values: float) -> EvaluationReport:
    rows = tuple(Measurement(name.replace("__", "/"), value, None, None) for name, value in values.items())
    return EvaluationReport("x", "", 1, 0, rows)


def test_bounds_hold_or_are_missed():
    low, high = Bound("a/x", "why", at_least=0.5, margin=0.1), Bound("a/y", "why", at_most=0.0)
    assert low.holds(report(a__x=0.5))
    assert not low.holds(report(a__x=0.49))
    assert high.holds(report(a__y=0.0))
    assert not high.holds(report(a__y=0.01))
    with pytest.raises(KeyError):
        low.holds(report(b__x=1))
    with pytest.raises(ValueError, match="at_least or at_most"):
        Bound("a/x", "why")


def test_bounds_follow_a_new_checkpoint_and_the_forced_ones_stay(tmp_path: Path):
    path = tmp_path / "bounds.toml"
    path.write_text("# How to measure anew.\n")
    bounds = [
        Bound("a/x", "less than", at_least=0.5, margin=0.1),
        Bound("a/y", 'it says "no"', at_most=0.2, margin=0.05),
        Bound("a/z", "forced", at_least=1.0),
    ]
    save_bounds(bounds, path)
    path.write_text("# How to measure anew.\n" + path.read_text())
    moved = measured_again(load_bounds(path), report(a__x=0.8, a__y=0.4, a__z=0.9))
    assert [(bound.at_least, bound.at_most) for bound in moved] == [(0.7, None), (None, 0.45), (1.0, None)]
    save_bounds(moved, path)
    assert path.read_text().startswith("# How to measure anew.\n")
    assert load_bounds(path) == moved


def test_a_bad_file_of_bounds_is_told(tmp_path: Path):
    (tmp_path / "b.toml").write_text('[[bound]]\nmetric = "x"\n')
    with pytest.raises(ValueError, match="must hold"):
        load_bounds(tmp_path / "b.toml")


def test_every_bound_of_the_package_has_a_reason():
    bounds = load_bounds()
    assert len({bound.metric for bound in bounds}) == len(bounds) >= 10
    assert all(len(bound.why) > 20 for bound in bounds)
    assert "--set-bounds" in BOUNDS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--quick", "--data", "x"), "go with --model"),
        (("--quick", "--set-bounds"), "not allowed with"),
        (("--ancestor", "lstm=x"), "needs --data"),
        (("--ancestor", "model=x"), "NAME=FOLDER"),
        (("--ancestor", "lstm"), "NAME=FOLDER"),
    ],
)
def test_what_does_not_go_together(words: tuple[str, ...], message: str, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["evaluate", *words])
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_the_gate_fails_a_checkpoint_that_knows_nothing(tiny_checkpoint: Path, tmp_path: Path, capsys):
    paths = ("--results", str(tmp_path / "r"), "-o", str(tmp_path / "report.json"))
    assert main(["evaluate", "--quick", "--model", str(tiny_checkpoint), *paths, "--json"]) == 1
    out, err = capsys.readouterr()
    missed = json.loads(out)["missed"]
    assert {"own_share/first_metre", "round_trip/text/told"} <= set(missed)
    forced = {bound.metric for bound in load_bounds() if bound.metric.startswith("adherence/") and not bound.margin}
    assert not forced & set(missed), "the locks hold whatever the weights are"
    assert f"{len(missed)} of {len(load_bounds())} bounds missed" in err
    assert EvaluationReport.load(tmp_path / "report.json").value("adherence/decodes") == 1
