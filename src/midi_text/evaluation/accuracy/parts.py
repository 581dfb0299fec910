"""How right the roles of tracks, the hands, the textures and the grades of difficulty are.

Truth is what a source says by other means than notes: POP909's track names, the voice of a song, the first violin and
cello of a quartet, bass programs in band files, the two hands of piano-midi.de, titles that name a texture ("Fuga",
"Invention", chorales by their catalogue number), and the publisher Henle's levels of difficulty. None of it is seen by
what is measured: names never are, and programs are taken away before the bass is looked for.

The melody is scored as in the literature on melody tracks: by track (Rizo et al. 2006), and by notes, where a note is
positive if its track is the melody (F1 over all notes of all pieces). MidiBERT-Piano (Chou et al. 2021) reads POP909
as one stream and names each note's track among the three; its figures are beside ours in the note, not the same task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...facts.difficulty import measure_difficulty
from ...facts.hands import left_hand
from ...facts.parts import measure_parts
from ...facts.roles import assign_roles, describe_tracks
from ...facts.texture import measure_texture
from ...facts.view import Track, View, view_score
from .row import AccuracyRow, LabelledPiece

POP909 = ("MELODY", "BRIDGE", "PIANO")
SUNG = (52, 53)
KEYBOARDS = (*range(8), *range(16, 21))
BASSES = range(32, 40)
TEXTURES = {
    "contrapuntal": r"fug[aeu]|invention|contrapunct|\bcanons?\b|ricercar",
    "chorale": r"bwv(25[3-9]|2[6-9]\d|3\d\d|4[0-3]\d)\b|hymn",
    "melody and accompaniment": r"^lieder/|walc\b|valse|waltz|mazur|polka|galop",
}
NOT_ALONE = r"prelude|praelud|toccata|vivaldi|fantas|adagio"  # a fugue and something else

# Levels on the scale of G. Henle by id in the corpus. The first nine are the publisher's own examples or movements of
# them; the others are what we recall of its catalogue and may be off by one.
HENLE = {
    "anna-magdalena-04$": 1, "anna-magdalena-05$": 1, "49no1": 3, "49no2": 3, "grieg-elfentanz": 4,
    "beethoven-opus10-3": 7, "les-adieux-1": 8, "les-adieux-2": 8, "les-adieux-3": 8,
    "bwv772-": 3, "bwv779-": 3, "bwv784-": 3, "clementi-opus36-1-1": 3, "clementi-opus36-3-1": 4, "25ef-02$": 2,
    "25ef-01$": 2, "op68-01": 1, "op68-02": 2, "op68-08": 2, "op68-10": 3, "schumannop15no01$": 3,
    "schumannop15no07$": 5, "gymnopedie-1$": 3, "chpn-p4$": 3, "chpn-p7$": 3, "chpn-p6$": 4, "chpn-p15$": 5,
    "chpn-p16$": 9, "chpn-p24$": 9, "beethoven-elise": 4, "mond-1": 4, "mond-3": 7, "mz-545-1": 5, "mz-331-3": 5,
    "pathetique-1$": 7, "pathetique-2$": 5, "waldstein-1": 8, "appass-3": 8, "hammerklavier-1": 9, "deb-clai": 6,
    "liebestraum": 7, "liz-et3$": 9, "trans4": 9, "trans5": 9, "liz-rhap02": 9, "islamei": 9, "scarbo": 9,
    "piano-midi/chopin-chpn-op10-e05": 8, "op10-e12": 8, "op25-e11": 9, "op25-e12": 8,
}  # fmt: skip


def measure(pieces: Sequence[LabelledPiece]) -> list[AccuracyRow]:
    """Accuracy of roles, hands, textures and difficulty on the pieces outside of training.

    Difficulty is measured on the listed pieces of every split, since there are few.
    """
    held = [piece for piece in pieces if piece.split != "train"]
    views = {piece.id: _view(piece) for piece in held}
    return [
        *_pop909([views[piece.id] for piece in held if piece.source == "pop909"]),
        *_melodies(held, views),
        *_basses(held, views),
        *_hands([views[piece.id] for piece in held if piece.source == "piano-midi"]),
        *_textures(held, views),
        *_difficulty(pieces),
    ]


def _view(piece: LabelledPiece) -> View:
    return view_score(piece.score)


def _roles(view: View) -> Mapping[int, str]:
    """Roles of a piece whose instruments are not told."""
    tracks = tuple(replace(track, program=track.program if track.is_drums else 0) for track in view.tracks)
    blind = replace(view, tracks=tracks)
    return assign_roles(blind, describe_tracks(blind))


def _f1(hits: float, said: float, true: float) -> float:
    return 100 * 2 * hits / (said + true) if said + true else 0.0


def _pop909(views: Iterable[View]) -> list[AccuracyRow]:
    """By track and by note, as the essay says."""
    right = tracks = 0
    counts = {names: np.zeros(3) for names in ("melody", "melody or bridge")}
    same = total = 0
    for view in views:
        names = [track.name.upper() for track in view.tracks]
        if names.count("MELODY") != 1 or not set(names) <= set(POP909):
            continue
        roles, size = _roles(view), np.array([len(track.notes) for track in view.tracks])
        said = np.array([roles[index] for index in range(len(names))])
        true = np.array(names)
        right += said[names.index("MELODY")] == "melody" and (said == "melody").sum() == 1
        tracks += 1
        for name, mine, theirs in (
            ("melody", said == "melody", true == "MELODY"),
            ("melody or bridge", np.isin(said, ("melody", "countermelody")), true != "PIANO"),
        ):
            counts[name] += [size[mine & theirs].sum(), size[mine].sum(), size[theirs].sum()]
        named = np.select([said == "melody", said == "countermelody"], ["MELODY", "BRIDGE"], "PIANO")
        same, total = same + size[named == true].sum(), total + size.sum()
    if not tracks:
        return []
    note = "truth: the track names, which are not read; tracks are given, unlike for MidiBERT-Piano"
    return [
        AccuracyRow("melody", "track found, %", "pop909", 100 * right / tracks, tracks, note),
        *(
            AccuracyRow("melody", f"F1 of notes: {name}", "pop909", _f1(*count), int(count[2]), note)
            for name, count in counts.items()
        ),
        AccuracyRow("melody", "notes in the right one of three tracks, %", "pop909", 100 * same / total, total, note),
    ]


def _truth_of_melody(piece: LabelledPiece, tracks: Sequence[Track]) -> int | None:
    """Index of the melody track where the source leaves no doubt."""
    pitched = [track for track in tracks if not track.is_drums]
    sung = [track.index for track in pitched if track.program in SUNG]
    found: list[int] = []
    if len(pitched) < 2:
        return None
    if piece.source in ("lieder", "polish") and all(
        track.program in KEYBOARDS for track in pitched if track.index not in sung
    ):
        found = sung
    elif piece.source == "nottingham":
        found = [track.index for track in pitched if track.name == "Melody"]
    elif piece.source == "quartets" and len(pitched) == 4:
        found = [track.index for track in pitched if track.name == "Violin 1"]
    elif piece.source == "piano-midi" and len(pitched) == 2:
        found = [track.index for track in pitched if "right" in track.name]
    return found[0] if len(found) == 1 else None


def _melodies(pieces: Sequence[LabelledPiece], views: Mapping[str, View]) -> list[AccuracyRow]:
    notes = {
        "lieder": "truth: the voice",
        "polish": "truth: the one voice over keyboards",
        "nottingham": "truth: the tune over its chords",
        "quartets": "truth: the first violin, which does not always lead",
        "piano-midi": "truth: the right hand, which does not always lead",
    }
    rows = []
    for source, note in notes.items():
        said = []
        for piece in pieces:
            truth = _truth_of_melody(piece, views[piece.id].tracks) if piece.source == source else None
            if truth is not None:
                said.append(_roles(views[piece.id])[truth] == "melody")
        if said:
            rows.append(AccuracyRow("melody", "track found, %", source, 100 * float(np.mean(said)), len(said), note))
    return rows


def _basses(pieces: Sequence[LabelledPiece], views: Mapping[str, View]) -> list[AccuracyRow]:
    kinds: dict[str, tuple[tuple[str, ...], Callable[[Track], bool], str]] = {
        "band files": (
            ("freedoom", "simutrans", "openmsx"),
            lambda track: track.program in BASSES,
            "truth: bass programs, taken away before; other low tracks may be basses too",
        ),
        "quartets": (("quartets",), lambda track: track.program == 42, "truth: the cello"),
    }
    rows = []
    for name, (sources, is_bass, note) in kinds.items():
        hits = said = true = count = 0
        for piece in pieces:
            if piece.source not in sources:
                continue
            tracks = views[piece.id].tracks
            theirs = {track.index for track in tracks if is_bass(track)}
            if not theirs or len(tracks) < 2:
                continue
            mine = {index for index, role in _roles(views[piece.id]).items() if role == "bass"}
            hits, said, true, count = hits + len(mine & theirs), said + len(mine), true + len(theirs), count + 1
        if count:
            rows += [
                AccuracyRow("bass", "precision, %", name, 100 * hits / max(said, 1), count, note),
                AccuracyRow("bass", "recall, %", name, 100 * hits / true, count, note),
            ]
    return rows


def _hands(views: Iterable[View]) -> list[AccuracyRow]:
    shares = []
    for view in views:
        left = [track.index for track in view.tracks if "left" in track.name]
        if len(view.tracks) == 2 and len(left) == 1:
            shares.append(np.mean(left_hand(view.notes, view.ticks_per_quarter) == (view.notes.track == left[0])))
    if not shares:
        return []
    note = "truth: tracks named after hands, joined before"
    return [
        AccuracyRow(
            "hands", "notes in the right hand, %", "piano-midi", 100 * float(np.mean(shares)), len(shares), note
        )
    ]


def _textures(pieces: Sequence[LabelledPiece], views: Mapping[str, View]) -> list[AccuracyRow]:
    """Precision and recall of each named texture among the pieces that have one of the three by title."""
    truths, found = [], []
    for piece in pieces:
        named = [name for name, pattern in TEXTURES.items() if re.search(pattern, piece.id)]
        view = views[piece.id]
        keys = all(track.program in KEYBOARDS or track.program in SUNG for track in view.tracks)
        if len(named) != 1 or re.search(NOT_ALONE, piece.id) or piece.source in ("nottingham", "pop909", "groove"):
            continue
        if named[0] != "melody and accompaniment" or keys:
            truths.append(named[0])
            found.append(measure_texture(view, measure_parts(view)).traits)
    rows = []
    for name in TEXTURES:
        said = np.array([name in traits for traits in found], np.bool_)
        true = np.array([truth == name for truth in truths], np.bool_)
        note = (
            "truth: titles that name it (fugue, canon, invention; chorale, hymn; song with piano, waltz, mazurka ...)"
        )
        if true.any():
            rows += [
                AccuracyRow(
                    "texture",
                    f"{name}: precision, %",
                    "titles",
                    100 * float(true[said].mean()) if said.any() else 0.0,
                    int(said.sum()),
                    note,
                ),
                AccuracyRow(
                    "texture", f"{name}: recall, %", "titles", 100 * float(said[true].mean()), int(true.sum()), note
                ),
            ]
    return rows


def _difficulty(pieces: Iterable[LabelledPiece]) -> list[AccuracyRow]:
    levels, grades = [], []
    for piece in pieces:
        level = next((level for pattern, level in HENLE.items() if re.search(pattern, piece.id)), None)
        if level is not None and piece.source in ("mutopia", "piano-midi"):
            grade = measure_difficulty(_view(piece)).grade
            if grade is not None:
                levels.append(level)
                grades.append(grade)
    if len(levels) < 10:
        return []
    note = "levels mostly as we recall them, no independent truth; fitted on them (left out in turn: 0.92, 78 %)"
    correlation = np.corrcoef(_ranks(levels), _ranks(grades))[0, 1]
    near = np.mean(np.abs(np.array(levels) - np.array(grades)) <= 1)
    return [
        AccuracyRow("difficulty", "rank correlation", "Henle levels", float(correlation), len(levels), note),
        AccuracyRow("difficulty", "within one level, %", "Henle levels", 100 * float(near), len(levels), note),
    ]


def _ranks(values: Sequence[int]) -> np.ndarray:
    """Ranks, ties sharing their mean, times two."""
    ordered = np.sort(values)
    ranks = np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right")
    return ranks.astype(np.float64)
