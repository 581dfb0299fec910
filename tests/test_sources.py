"""Every source comes through one door, with licence and credit or not at all."""

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import symusic
from local_hub import LocalHub
from test_build import piece
from test_duplicates import melody, tune

from midi_text.cli import main
from midi_text.data import archives, found, scores
from midi_text.data.collect import collect
from midi_text.data.processes import Job
from midi_text.data.reading import read_job
from midi_text.data.sources import Terms, UnlicensedError, draw_split, read_pieces
from midi_text.data.survey import COPY
from midi_text.records import DataManifest
from midi_text.score_midi_text import write_score

TERMS = Terms("CC BY 4.0", "Ann Example, example.org")
KERN = """!!!COM: Beispiel, Berta
!!!OTL: A Little Scale
**kern
*clefG2
*k[f#]
*G:
*M3/4
=1
4g
4a
4b
=2
4cc
4b
4a
=3
2.g
==
*-
"""
ABC = """X:1
T:First Tune
C:Trad.
M:6/8
L:1/8
K:Edor
E2 B BAB|d2 B A2 F|E2 B BAB|dBA F2 D|

X:2
T:Second Tune
M:4/4
L:1/4
K:G
G A B c|d c B A|G4|
"""
MUSICXML = """<?xml version="1.0"?>
<score-partwise version="3.1">
  <work><work-title>Two Bars</work-title></work>
  <identification><creator type="composer">Cleo Example</creator><rights>Edition by D. Example</rights></identification>
  <part-list><score-part id="P1"><part-name>Flute</part-name></score-part></part-list>
  <part id="P1">
    <measure number="1">
      <attributes><divisions>1</divisions><key><fifths>0</fifths><mode>minor</mode></key>
        <time><beats>2</beats><beat-type>4</beat-type></time></attributes>
      <direction><direction-type><words>Andante</words></direction-type><sound tempo="76"/></direction>
      <note><pitch><step>A</step><octave>4</octave></pitch><duration>1</duration></note>
      <note><pitch><step>E</step><octave>5</octave></pitch><duration>1</duration></note>
    </measure>
    <measure number="2">
      <note><pitch><step>A</step><octave>4</octave></pitch><duration>2</duration></note>
    </measure>
  </part>
</score-partwise>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "tunes"
    (path / "deep").mkdir(parents=True)
    for name in ("a.mid", "b.mid", "deep/c.mid"):
        write_score(piece(len(name)), path / name)
    return path


# -- folders -------------------------------------------------------------------------------------------------------


def test_notes_beside_a_file_are_its_words_labels_and_terms(folder: Path):
    (folder / "a.txt").write_text("A calm waltz,\nin three.\n\nSomething to hum.\n")
    said = {"licence": "Public Domain", "attribution": "Bo Example", "url": "https://example.org/a", "genre": "waltz"}
    (folder / "a.json").write_text(json.dumps({**said, "caption": "Something to hum.", "split": "test"}))
    a, b, c = read_pieces(folder, terms=TERMS)
    assert a.labels == {"genre": "waltz", "captions": ["A calm waltz, in three.", "Something to hum."]}
    assert (a.licence, a.attribution, a.url, a.split, a.drawn) == (
        "Public-Domain",
        "Bo Example",
        "https://example.org/a",
        "test",
        False,
    )
    assert (b.licence, b.attribution, b.labels, b.split, b.drawn) == (
        "CC-BY-4.0",
        "Ann Example, example.org",
        {},
        draw_split("b.mid"),
        True,
    )
    assert c.id == "deep/c.mid"


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_a_table_speaks_of_the_files_by_name(folder: Path, name: str):
    rows = [
        {"file_name": "a.mid", "text": "First.", "license": "CC0 1.0", "credit": "All of us", "composer": "Ann"},
        {"file_name": "deep/c.mid", "text": "Third.", "license": "MIT", "credit": "All of us", "composer": ""},
    ]
    if name.endswith(".csv"):
        lines = [",".join(row.values()) for row in (dict.fromkeys(rows[0], ""), *rows)]
        (folder / name).write_text("\n".join([",".join(rows[0]), *lines[1:]]))
    else:
        (folder / name).write_text("\n".join(map(json.dumps, rows)))
    left_out: Counter[str] = Counter()
    a, c = read_pieces(folder, left_out=left_out)
    assert a.labels == {"composer": "Ann", "captions": ["First."]}
    assert (c.licence, c.attribution, c.labels) == ("MIT", "All of us", {"captions": ["Third."]})
    assert left_out == {"no licence is given": 1}


def test_a_folder_without_terms_is_refused_with_the_way_out(folder: Path):
    with pytest.raises(UnlicensedError, match=r"metadata\.csv.*--licence CC-BY-4\.0 --attribution"):
        list(read_pieces(folder))
    with pytest.raises(UnlicensedError):
        list(read_pieces(folder, terms=Terms(licence="CC0-1.0")))


def test_only_accepted_licences_are_taken(folder: Path):
    (folder / "b.json").write_text('{"licence": "CC BY-NC 4.0", "attribution": "Cy"}')
    left_out: Counter[str] = Counter()
    terms = Terms("CC0-1.0", "Ann", ("open",))
    assert [one.id for one in read_pieces(folder, terms=terms, left_out=left_out)] == ["a.mid", "deep/c.mid"]
    assert left_out == {"its licence is not accepted (CC-BY-NC-4.0)": 1}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "[1]", "a.json must be a JSON object; found a list"),
        ("a.json", "{", "a.json must be a JSON object"),
        ("metadata.csv", "name,text\na.mid,x\n", "must name a file under 'file_name' in every row; row 1"),
        ("metadata.jsonl", "no", "metadata.jsonl, line 1, must be a JSON object"),
        ("a.json", '{"split": "holdout"}', "must be among train, validation, test; found 'holdout'"),
    ],
)
def test_wrong_notes_are_errors_that_name_the_place(folder: Path, name: str, text: str, message: str):
    (folder / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        list(read_pieces(folder, terms=TERMS))


# -- captions beside an archive --------------------------------------------------------------------------------------


def midicaps(path: Path, kind: str, members: dict[str, bytes], lines: list[dict]) -> Path:
    """A folder in MidiCaps' layout."""
    path.mkdir()
    (path / "train.json").write_text("\n".join(map(json.dumps, lines)))
    if kind == "zip":
        with zipfile.ZipFile(path / "midicaps.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return path
    with tarfile.open(path / "midicaps.tar.gz", "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("lmd_full/2/link.mid")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_captions_beside_an_archive(tmp_path: Path, kind: str, monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    midi = write_score(piece(1))
    members = {"./lmd_full/1/one.mid": midi, "../../etc/two.mid": midi, "lmd_full/3/huge.mid": bytes(2_000_000)}
    lines = [
        {"location": "lmd_full/1/one.mid", "caption": "A slow tune.", "genre": ["rock"], "key": "C", "test_set": True},
        {"location": "../../etc/two.mid", "caption": "Another."},
        {"location": "lmd_full/3/huge.mid", "caption": "Too large."},
        {"location": "lmd_full/2/link.mid", "caption": "A link out of the archive."},
    ]
    before = sorted(tmp_path.parent.rglob("*"))
    source = midicaps(tmp_path / "midicaps", kind, members, lines)
    left_out: Counter[str] = Counter()
    one, two = read_pieces(source, terms=TERMS, left_out=left_out)
    assert (one.id, one.midi, one.split, one.labels) == (
        "lmd_full/1/one.mid",
        midi,
        "test",
        {"captions": ["A slow tune."]},
    )
    assert (two.id, two.drawn) == ("../../etc/two.mid", True), "a name is a name, not a path"
    assert left_out == {"cannot be read: ValueError": 1, "cannot be read: FileNotFoundError": 1}
    assert {path.name for path in set(tmp_path.parent.rglob("*")) - set(before)} <= {
        "midicaps",
        "train.json",
        f"midicaps.{'zip' if kind == 'zip' else 'tar.gz'}",
    }


def test_a_damaged_archive_gives_what_comes_before_the_damage(tmp_path: Path, caplog):
    midi = write_score(piece(1, bars=60))
    lines = [{"location": f"{n}.mid", "caption": "x"} for n in range(40)]
    source = midicaps(tmp_path / "caps", "tar", {f"{n}.mid": midi + bytes([n]) for n in range(40)}, lines)
    data = (source / "midicaps.tar.gz").read_bytes()
    (source / "midicaps.tar.gz").write_bytes(data[: len(data) // 2])
    left_out: Counter[str] = Counter()
    pieces = list(read_pieces(source, terms=TERMS, left_out=left_out))
    assert 0 < len(pieces) < 40
    assert len(pieces) + left_out.total() == 40


# -- scores ----------------------------------------------------------------------------------------------------------


def converted(path: Path) -> list:
    pytest.importorskip("music21")
    return list(read_job(Job("found-00000", tuple(read_pieces(path, terms=TERMS)))))


def test_a_kern_score_brings_its_header(tmp_path: Path):
    (tmp_path / "scale.krn").write_text(KERN)
    ((piece_, score),) = converted(tmp_path)
    assert piece_.labels == {"title": "A Little Scale", "composer": "Berta Beispiel", "key": "G major", "metre": "3/4"}
    assert score.tracks[0].notes.numpy()["pitch"].tolist() == [67, 69, 71, 72, 71, 69, 67]
    assert (score.time_signatures[0].numerator, score.time_signatures[0].denominator) == (3, 4)


def test_a_book_of_tunes_gives_a_piece_a_tune(tmp_path: Path):
    (tmp_path / "book.abc").write_text(ABC)
    (first, jig), (second, _) = converted(tmp_path)
    assert (first.id, first.labels["title"], first.labels["key"], first.labels["metre"]) == (
        "book.abc#1",
        "First Tune",
        "E dorian",
        "6/8",
    )
    assert jig.tracks[0].notes.numpy()["pitch"].tolist()[:4] == [64, 71, 71, 69]
    assert (second.id, second.labels["title"], second.group) == ("book.abc#2", "Second Tune", "book.abc#2")


@pytest.mark.parametrize("ending", [".musicxml", ".mxl", ".xml"])
def test_a_musicxml_score_brings_its_header(tmp_path: Path, ending: str):
    path = tmp_path / f"two{ending}"
    path.write_text(MUSICXML)
    if ending == ".mxl":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("META-INF/container.xml", "<container/>")
            archive.writestr("two.xml", MUSICXML)
    (tmp_path / "settings.xml").write_text("<settings>no music</settings>")
    ((piece_, score),) = converted(tmp_path)
    assert piece_.labels["key"] == "A minor"
    assert piece_.labels["composer"] == "Cleo Example"
    assert piece_.labels["title"] == "Two Bars"
    assert piece_.attribution == "Ann Example, example.org; Edition by D. Example"
    assert score.tracks[0].notes.numpy()["pitch"].tolist() == [69, 76, 69]


def test_a_score_that_takes_for_ever_is_left_out(tmp_path: Path, monkeypatch, caplog):
    converter = pytest.importorskip("music21.converter")

    def for_ever(*_: object, **__: object) -> None:
        while True:
            pass

    (tmp_path / "slow.krn").write_text(KERN)
    monkeypatch.setattr(scores, "MAX_SECONDS", 0.2)
    monkeypatch.setattr(converter, "parseData", for_ever)
    assert [said for _, said in converted(tmp_path)] == ["takes longer than 0.2 seconds to convert"]


def test_scores_without_a_converter_are_an_error_that_says_what_to_install(tmp_path: Path, monkeypatch):
    (tmp_path / "scale.krn").write_text(KERN)
    monkeypatch.setattr(scores.importlib.util, "find_spec", lambda name: None)
    for source in (tmp_path, "music21:bach"):
        with pytest.raises(RuntimeError, match=r"pip install 'midi-text\[scores\]'"):
            list(read_pieces(source, terms=TERMS))


def test_the_corpus_of_music21_is_a_source():
    pytest.importorskip("music21")
    pieces = list(read_pieces("music21:joplin", terms=TERMS))
    assert pieces[0].source == "music21 joplin"
    assert pieces[0].id.startswith("joplin/")
    assert pieces[0].form in scores.SCORE_FORMS
    with pytest.raises(ValueError, match="no scores below 'zzz'"):
        list(read_pieces("music21:zzz", terms=TERMS))


def test_a_score_that_is_none_is_left_out_with_a_reason(tmp_path: Path, caplog):
    (tmp_path / "bad.mxl").write_bytes(b"PK no zip")
    (tmp_path / "worse.krn").write_bytes(b"\x00\x01")
    assert [type(score) for _, score in converted(tmp_path)] == [str, str]


# -- collecting ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two collections that share a tune, transposed in the second, and one that both copied."""
    home = tmp_path_factory.mktemp("sources")
    first, second = home / "first", home / "second"  # splits follow from the names
    first.mkdir()
    second.mkdir()
    for number in range(8):
        write_score(tune(melody(number)), first / f"{number}.mid")
    moved = symusic.Score.from_midi(write_score(tune(melody(3), program=24))).shift_pitch(2)
    write_score(moved, second / "again.mid")
    write_score(tune(melody(5)), second / "copy.mid")
    write_score(tune(melody(9), program=40), second / "own.mid")
    (second / "again.json").write_text('{"split": "test", "url": "https://example.org/second/again"}')
    (second / "own.txt").write_text("A violin wanders about.")
    (second / "broken.mid").write_bytes(b"MThd")
    return [first, second]


def test_collecting_pairs_moves_and_drops(sources: list[Path], tmp_path: Path):
    import datasets

    manifest = collect(sources, tmp_path / "corpus", terms=TERMS)
    loaded = datasets.load_dataset(
        "parquet",
        data_files={"train": str(tmp_path / "corpus/data/train-*"), "test": str(tmp_path / "corpus/data/test-*")},
        cache_dir=str(tmp_path / "cache"),
    )
    rows = {row["id"]: (split, row) for split, found_ in loaded.items() for row in found_}
    first, second = (path.name for path in sources)
    assert rows[f"{first}/3.mid"][0] == rows[f"{second}/again.mid"][0] == "test", "the group follows what is held out"
    assert rows[f"{first}/3.mid"][1]["group"] == rows[f"{second}/again.mid"][1]["group"]
    assert f"{second}/copy.mid" not in rows
    assert rows[f"{second}/own.mid"][1]["captions"] == ["A violin wanders about."]
    assert rows[f"{second}/own.mid"][1]["programs"] == [32, 40]
    assert manifest.failures[COPY] == 1
    assert sum(manifest.failures.values()) == 2
    assert sum(manifest.splits.values()) == len(rows) == 10
    assert [source.licence for source in manifest.sources] == ["CC-BY-4.0 (8)", "CC-BY-4.0 (2)"]
    assert not (tmp_path / "corpus" / ".found").exists()
    pieces = {one.id: one for one in read_pieces(tmp_path / "corpus")}
    assert pieces[f"{second}/again.mid"].url == "https://example.org/second/again"
    assert pieces[f"{second}/own.mid"].labels["captions"] == ["A violin wanders about."]
    assert collect(sources, tmp_path / "corpus", terms=TERMS) == manifest, "what is whole is not made again"


def test_collecting_twice_gives_the_same_bytes(sources: list[Path], tmp_path: Path):
    hashes = {collect(sources, tmp_path / str(n), terms=TERMS, num_proc=n).content_hash for n in (1, 2)}
    assert len(hashes) == 1
    with pytest.raises(ValueError, match="holds a collection of other sources"):
        collect(sources[:1], tmp_path / "1", terms=TERMS)


def test_a_manifest_names_the_page_of_a_collection(tmp_path: Path):
    (tmp_path / "in").mkdir()
    for number in range(3):
        write_score(tune(melody(number)), tmp_path / "in" / f"{number}.mid")
        said = {"url": f"https://example.org/tunes/{number}", "attribution": f"Tunes; typed by {number}"}
        (tmp_path / "in" / f"{number}.json").write_text(json.dumps(said))
    (record,) = collect([tmp_path / "in"], tmp_path / "out", terms=TERMS).sources
    assert record.url == "https://example.org/tunes"
    assert record.attribution == "Tunes (3 credit lines)"
    assert DataManifest.load(tmp_path / "out" / "manifest.json").sources == (record,)


def test_what_sources_call_things_is_sorted_out():
    values = found.stated(
        {"license": "MIT", "text": "One.", "Genre": "jig", "labels": '{"credit": "kept", "captions": ["Two."]}'},
        {"caption": ["One.", "Three."], "rights": "CC0-1.0", "empty": ""},
    )
    assert values == {
        "licence": "CC0-1.0",
        "labels": {"credit": "kept", "genre": "jig", "captions": ["One.", "Three.", "Two."]},
    }


# -- the Hub ---------------------------------------------------------------------------------------------------------

PUSH_AND_LOAD = """
import sys
from datasets import load_dataset
from midi_text.cli import main
from midi_text.data.sources import read_pieces

folder = sys.argv[1]
assert main(["push", folder, "user/corpus", "--repo-type", "dataset"]) == 0
music = load_dataset("user/corpus")
print(sorted((split, len(rows)) for split, rows in music.items()), music["train"].column_names[:3])
print(sorted(piece.id for piece in read_pieces("user/corpus"))[:2])
"""


def test_a_corpus_goes_to_the_hub_and_comes_back(sources: list[Path], tmp_path: Path):
    folder = tmp_path / "corpus"
    said = ["--licence", "CC0-1.0", "--attribution", "Ann"]
    assert main(["collect", *map(str, sources), "--output", str(folder), *said, "--licences", "open"]) == 0
    with LocalHub() as hub:
        environment = {**os.environ, **hub.environment, "HF_HOME": str(tmp_path / "home")}
        command = [sys.executable, "-c", PUSH_AND_LOAD, str(folder)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *_, sizes, ids = done.stdout.splitlines()
    assert sizes == "[('test', 3), ('train', 7)] ['id', 'midi', 'source']"
    assert ids == "['first/0.mid', 'first/1.mid']"
