"""Pictures of scores: that they show what is there, in every theme, as the same bytes each time."""

import re
import struct
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import symusic
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from random_scores import scores

pytest.importorskip("matplotlib", reason="needs midi-text[eval]")

from midi_text.facts.analysis import analyze
from midi_text.rendering import sheet as sheet_module
from midi_text.rendering.curves import draw_curves
from midi_text.rendering.matrix import draw_matrix
from midi_text.rendering.piano_roll import MAX_BARS, draw_piano_roll
from midi_text.rendering.sheet import with_signs
from midi_text.rendering.themes import THEMES

PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}"
DRAW: dict[str, Callable[..., None]] = {"roll": draw_piano_roll, "matrix": draw_matrix, "curves": draw_curves}
each_picture = pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)


def song(bars: int = 20) -> symusic.core.ScoreTick:
    """I vi IV V in C for a piano and a flute over a beat; from the ninth bar on in D, and louder."""
    score = symusic.Score(48)
    score.tempos.append(symusic.Tempo(0, 100))
    piano, flute, kit = (symusic.Track(program=p, is_drum=d) for p, d in ((0, False), (73, False), (0, True)))
    for bar in range(bars):
        up, loud, start = (2, 110, bar * 192) if bar >= 8 else (0, 50, bar * 192)
        for pitch in ((48, 60, 64, 67), (45, 60, 64, 69), (41, 60, 65, 69), (43, 59, 62, 67))[bar % 4]:
            piano.notes.append(symusic.Note(start, 192, pitch + up, loud))
        for beat, pitch in enumerate((76, 79, 84, 83)):
            flute.notes.append(symusic.Note(start + 48 * beat, 48, pitch + up - bar % 4, loud))
            kit.notes.append(symusic.Note(start + 48 * beat, 24, 38 if beat % 2 else 36, loud))
    score.tracks.extend([piano, flute, kit])
    return score


def size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data.startswith(PNG)
    return struct.unpack(">II", data[16:24])


def drawing(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(path.read_text(encoding="utf-8"))


def words(path: Path) -> list[str]:
    return [text.text or "" for text in drawing(path).iter(f"{SVG}text")]


def shapes(path: Path, name: str) -> int:
    """How many shapes the groups hold whose id begins with a name."""
    groups = (group for group in drawing(path).iter(f"{SVG}g") if group.get("id", "").startswith(name))
    return sum(len(list(group.iter(f"{SVG}use"))) + _paths(group) for group in groups)


def _paths(group: ElementTree.Element) -> int:
    """Paths that are drawn, not those that are only defined to be used."""
    defined = sum(len(list(defs.iter(f"{SVG}path"))) for defs in group.iter(f"{SVG}defs"))
    return len(list(group.iter(f"{SVG}path"))) - defined


# -- piano roll ----------------------------------------------------------------------------------------------------


def test_every_note_is_a_rectangle(tmp_path: Path):
    draw_piano_roll(song(16), tmp_path / "roll.svg")
    assert shapes(tmp_path / "roll.svg", "notes-") == 16 * 8
    assert shapes(tmp_path / "roll.svg", "drums-") == 16 * 4


def test_a_note_held_into_the_next_line_is_there_as_well(tmp_path: Path):
    score = symusic.Score(48)
    track = symusic.Track(program=0)
    track.notes.append(symusic.Note(0, 32 * 192, 60, 80))
    score.tracks.append(track)
    draw_piano_roll(score, tmp_path / "roll.svg")
    assert [shapes(tmp_path / "roll.svg", f"notes-{line}") for line in (1, 2, 3)] == [1, 1, 0]


def test_words_beside_the_scale_give_way_to_the_facts(tmp_path: Path):
    for bars, title, there in ((16, "", True), (3, "", False), (16, "A title of many, many words " * 6, False)):
        draw_piano_roll(song(bars), tmp_path / "roll.svg", title=title)
        said = words(tmp_path / "roll.svg")
        assert ("length of notes (the fainter, the softer)" in said) == there
        assert any("100 BPM" in text and "Acoustic Grand Piano" in text for text in said)


def test_what_it_says(tmp_path: Path):
    draw_piano_roll(song(), tmp_path / "roll.svg", title="Up a tone")
    said = words(tmp_path / "roll.svg")
    assert said[0] == "Up a tone"  # the first that a screen reader reads
    assert "4/4 · 100 BPM · 20 bars · 0:48 · " in said[1]
    assert {"form", "key", "chords", "C4", "C5", "kick", "snare", "quarter", "breve"} <= set(said)
    assert {"C", "Am", "D", "Bm", "1", "20"} <= set(said)
    keys = {span.key.name for span in analyze(song()).tonality.spans}
    assert len(keys) == 2
    assert keys <= set(said)


def test_colours_of_instruments_have_a_legend(tmp_path: Path):
    draw_piano_roll(song(), tmp_path / "roll.svg", colour="instrument")
    said = words(tmp_path / "roll.svg")
    assert {"Acoustic Grand Piano", "Flute"} <= set(said)
    assert "quarter" not in said


def test_hands_of_one_piano_are_told_apart(tmp_path: Path):
    score = song()
    for track, name in zip(score.tracks, ("left", "right", ""), strict=True):
        track.program, track.name = 0, name
    draw_piano_roll(score, tmp_path / "roll.svg", colour="instrument")
    assert {"Acoustic Grand Piano (left)", "Acoustic Grand Piano (right)"} <= set(words(tmp_path / "roll.svg"))


def fills(path: Path, name: str) -> list[tuple[str, float]]:
    """Colour and opacity of the shapes of groups by name."""
    groups = [group for group in drawing(path).iter(f"{SVG}g") if group.get("id", "").startswith(name)]
    found = []
    for group in groups:
        for shape in (*group.iter(f"{SVG}use"), *group.iter(f"{SVG}path")):
            style = shape.get("style", "")
            if "fill" in style:
                colour, opacity = re.search(r"fill: (#\w+)", style), re.search(r"fill-opacity: ([\d.]+)", style)
                found.append((colour[1] if colour else "", float(opacity[1]) if opacity else 1.0))
    return found


def test_colour_is_length_on_a_scale_of_its_own_and_opacity_loudness(tmp_path: Path):
    score = symusic.Score(48)
    track = symusic.Track(program=0)
    for beat, (length, velocity) in enumerate(((12, 30), (12, 127), (48, 127), (192, 127))):
        track.notes.append(symusic.Note(beat * 192, length, 60, velocity))
    score.tracks.append(track)
    draw_piano_roll(score, tmp_path / "whole.svg")
    whole, quarter, soft, sixteenth = fills(tmp_path / "whole.svg", "notes-")  # long ones lie below
    assert len({whole[0], quarter[0], sixteenth[0]}) == 3
    assert soft[0] == sixteenth[0]
    assert soft[1] < 0.6 < sixteenth[1] == 1
    track.notes = track.notes[:2]
    score.tracks = [track]
    draw_piano_roll(score, tmp_path / "short.svg")
    assert {colour for colour, _ in fills(tmp_path / "short.svg", "notes-")} == {sixteenth[0]}


@pytest.mark.parametrize(("kept", "groups"), [((0, 1), (8, 0)), ((2,), (0, 4))], ids=["pitched", "drums"])
def test_pitched_notes_or_drums_alone(tmp_path: Path, kept: tuple[int, ...], groups: tuple[int, int]):
    score = song(4)
    score.tracks = [score.tracks[i] for i in kept]
    draw_piano_roll(score, tmp_path / "roll.svg")
    assert tuple(shapes(tmp_path / "roll.svg", name) // 4 for name in ("notes-", "drums-")) == groups


def test_metre_changes_are_written(tmp_path: Path):
    score = song(8)
    score.time_signatures.append(symusic.TimeSignature(4 * 192, 3, 4))
    draw_piano_roll(score, tmp_path / "roll.svg")
    assert words(tmp_path / "roll.svg").count("3/4") == 1


def test_long_pieces_are_cut_and_say_so(tmp_path: Path):
    score = symusic.Score(48)
    track = symusic.Track(program=0)
    track.notes.extend([symusic.Note(bar * 192, 48, 60, 80) for bar in range(MAX_BARS + 10)])
    score.tracks.append(track)
    draw_piano_roll(score, tmp_path / "roll.svg")
    assert "bars 1 to 512 shown" in words(tmp_path / "roll.svg")[0]
    assert shapes(tmp_path / "roll.svg", "notes-") == MAX_BARS


def test_bars_of_any_length_fit_on_a_sheet(tmp_path: Path):
    score = symusic.Score(48)
    score.time_signatures.append(symusic.TimeSignature(0, 64, 1))
    track = symusic.Track(program=0)
    track.notes.extend([symusic.Note(bar * 64 * 192, 48, 60, 80) for bar in range(50)])
    score.tracks.append(track)
    draw_piano_roll(score, tmp_path / "roll.svg")
    _, _, width, height = map(float, drawing(tmp_path / "roll.svg").get("viewBox", "").split())
    assert width / 72 == pytest.approx(13)
    assert height / 72 < 120


def test_short_pieces_need_no_wide_page(tmp_path: Path):
    for bars in (2, 16):
        draw_piano_roll(song(bars), tmp_path / f"{bars}.png")
    assert size(tmp_path / "2.png")[0] < size(tmp_path / "16.png")[0] == 1560


# -- matrix and curves ---------------------------------------------------------------------------------------------


def test_a_matrix_names_its_sections_on_both_sides(tmp_path: Path):
    score = song(16)
    for track in score.tracks[:2]:  # the second half: another tune over other chords, faster
        for note in track.notes:
            if note.time >= 8 * 192:
                note.pitch, note.duration = 127 - note.pitch, 12
    draw_matrix(score, tmp_path / "matrix.svg", title="Halves")
    said = words(tmp_path / "matrix.svg")
    assert {"Halves", "bar", "unlike", "alike"} <= set(said)
    assert said.count("A") >= 2
    assert said.count("B") == said.count("B") // 2 * 2 >= 2
    assert len(list(drawing(tmp_path / "matrix.svg").iter(f"{SVG}image"))) == 2


def test_curves_name_what_they_show(tmp_path: Path):
    draw_curves(song(), tmp_path / "curves.svg")
    said = words(tmp_path / "curves.svg")
    assert {"tempo, quarter notes a minute", "dynamics, velocity", "density, notes a quarter note", "bar"} <= set(said)
    assert {"pp", "mf", "ff", "form", "key"} <= set(said)


def test_a_ritardando_is_seen(tmp_path: Path):
    steady, slowing = song(8), song(8)
    slowing.tempos.append(symusic.Tempo(6 * 192, 40))
    for name, score in (("steady", steady), ("slowing", slowing)):
        draw_curves(score, tmp_path / f"{name}.svg")
    lowest = {}
    for name in ("steady", "slowing"):
        said = words(tmp_path / f"{name}.svg")
        lowest[name] = min(
            int(word)
            for word in said[: said.index("tempo, quarter notes a minute")]
            if len(word) > 1 and word.isdecimal()
        )
    assert lowest["slowing"] <= 50 < 80 <= lowest["steady"]


# -- all of them ---------------------------------------------------------------------------------------------------


@each_picture
@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_score_gives_the_same_bytes(tmp_path: Path, draw: Callable[..., None], ending: str):
    for name in "ab":
        draw(song(8), tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


@each_picture
def test_themes_have_their_ground(tmp_path: Path, draw: Callable[..., None]):
    from matplotlib.image import imread

    corners = {}
    for theme in THEMES:
        draw(song(8), tmp_path / f"{theme}.png", theme=theme)
        corners[theme] = imread(tmp_path / f"{theme}.png")[0, 0]
    assert corners["light"].tolist() == [1, 1, 1, 1]
    assert corners["dark"][:3].max() < 0.15
    assert corners["transparent"][3] == 0


@pytest.mark.parametrize("name", THEMES)
def test_ink_and_notes_stand_out_from_their_ground(name: str):
    """Contrast as WCAG 2 counts it: 7 and 4.5 for text, 2.2 for notes, which have shape and place as well."""
    import matplotlib
    from matplotlib.colors import to_rgb

    def luminance(colour: object) -> float:
        parts = np.array(to_rgb(colour))
        return float(
            np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
        )

    def contrast(a: object, b: object) -> float:
        low, high = sorted((luminance(a), luminance(b)))
        return (high + 0.05) / (low + 0.05)

    theme = THEMES[name]
    grounds = ["#FFFFFF", "#14171C"] if theme.ground == "none" else [theme.ground]
    notes = [*theme.categories, *(matplotlib.colormaps["viridis"](at) for at in theme.lengths)]
    for ground in grounds:
        assert contrast(theme.ink, ground) >= (3 if theme.ground == "none" else 7)
        assert contrast(theme.soft_ink, ground) >= (3 if theme.ground == "none" else 4.5)
        assert min(contrast(colour[:3] if isinstance(colour, tuple) else colour, ground) for colour in notes) >= 2.2


@each_picture
@pytest.mark.parametrize("title", ["空城 $x$ & <b>", "a\nb\x00c", "$\\frac", "🎵"])
def test_any_title(tmp_path: Path, draw: Callable[..., None], title: str):
    draw(song(2), tmp_path / "picture.svg", title=title)
    assert drawing(tmp_path / "picture.svg").tag == f"{SVG}svg"


@each_picture
@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("picture.pdf", {}, r"must end in \.png or \.svg; got picture\.pdf"),
        ("picture.png", {"theme": "sepia"}, "one of light, dark, transparent; got 'sepia'"),
    ],
)
def test_errors_say_what_to_do(
    tmp_path: Path, draw: Callable[..., None], name: str, options: dict[str, str], match: str
):
    with pytest.raises(ValueError, match=match):
        draw(song(2), tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


def test_colour_means_length_or_instrument(tmp_path: Path):
    with pytest.raises(ValueError, match="one of duration, instrument; got 'pitch'"):
        draw_piano_roll(song(2), tmp_path / "roll.png", colour="pitch")


@each_picture
def test_a_score_without_notes_is_refused(tmp_path: Path, draw: Callable[..., None]):
    with pytest.raises(ValueError, match="at least one note"):
        draw(symusic.Score(48), tmp_path / "picture.png")
    assert not list(tmp_path.iterdir())


@each_picture
def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw: Callable[..., None]):
    from matplotlib.figure import Figure

    (tmp_path / "picture.png").write_bytes(b"before")

    def fail(self: Figure, made: BinaryIO, **_: object) -> None:
        made.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(song(2), tmp_path / "picture.png")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


@each_picture
def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw: Callable[..., None]):
    monkeypatch.setattr(sheet_module, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'midi-text\[eval\]'"):
        draw(song(2), tmp_path / "picture.png")


@pytest.mark.parametrize(
    ("plain", "signed"), [("Bb minor", "B♭ minor"), ("F#m7b5/C", "F♯m7♭5/C"), ("C major", "C major"), ("Bb", "B♭")]
)
def test_accidentals_have_their_signs(plain: str, signed: str):
    assert with_signs(plain) == signed


@hypothesis_settings(max_examples=3)
@given(scores())
def test_any_score(tmp_path_factory: pytest.TempPathFactory, score: symusic.core.ScoreTick):
    folder = tmp_path_factory.mktemp("pictures")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, draw in DRAW.items():
            draw(score, folder / f"{name}.png")
            assert min(size(folder / f"{name}.png")) > 100
        draw_piano_roll(score, folder / "roll.svg", colour="instrument", theme="dark")
    assert shapes(folder / "roll.svg", "notes-") + shapes(folder / "roll.svg", "drums-") >= sum(
        len(track.notes) for track in score.tracks
    )
