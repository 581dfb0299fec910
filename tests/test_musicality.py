"""Musicality by hand: what each figure is on small pieces, and that music made worse comes out worse."""

from __future__ import annotations

import dataclasses
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st
from random_scores import scores

from midi_text.bars_midi_text import bar_starts
from midi_text.evaluation.musicality.alterations import SHARES, corrupted, shuffled_bars
from midi_text.evaluation.musicality.compression import compression_of, compression_ratio, cosiatec
from midi_text.evaluation.musicality.evaluate import (
    evaluate_musicality,
    evaluate_reference_points,
    measure_piece,
    musicality_rows,
)
from midi_text.evaluation.musicality.features import FEATURES, measure_features
from midi_text.evaluation.musicality.frechet import (
    extrapolated_distance,
    frechet_distance,
    frechet_rows,
    human_distance,
)
from midi_text.evaluation.musicality.loops import loops
from midi_text.evaluation.musicality.reference import (
    Reference,
    default_reference,
    measure_reference,
    reference_of_folder,
)
from midi_text.evaluation.musicality.repetition import rc4, repeated_share
from midi_text.evaluation.musicality.steadiness import noise_notes, symbolic_snr, tempo_consistency
from midi_text.evaluation.musicality.traits import TRAITS, band_of, inside_band, measure_traits, pitch_class_entropy
from midi_text.evaluation.musicality.validity import is_valid
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score, transpose, write_score

BEAT = 480


def score_of(*tracks, metre=(4, 4)):
    """A score of tracks of (onset, duration, pitch) in quarter notes; a track that starts with "drums" is one."""
    score = symusic.Score(BEAT)
    score.time_signatures.append(symusic.TimeSignature(0, *metre))
    for notes in tracks:
        is_drum = notes[0] == "drums"
        track = symusic.Track(is_drum=is_drum)
        for onset, duration, pitch in notes[is_drum:]:
            track.notes.append(symusic.Note(round(onset * BEAT), round(duration * BEAT), pitch, 80))
        score.tracks.append(track)
    return read_score(score).score


def bars_of(plan, seed=0):
    """A tune of which each letter is a bar of eight eighths of its own."""
    rng = np.random.default_rng(seed)
    tunes = {letter: rng.choice([60, 62, 64, 65, 67, 69, 71, 72], 8) for letter in sorted(set(plan))}
    return score_of(
        [(4 * bar + place / 2, 0.5, int(pitch)) for bar, letter in enumerate(plan)
         for place, pitch in enumerate(tunes[letter])]
    )  # fmt: skip


def songs(count, seed=0):
    """Tunes over chords, in form AABA with phrases of four bars."""
    rng = np.random.default_rng(seed)
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    found = []
    for _ in range(count):
        tonic, rhythm = int(rng.integers(48, 60)), rng.choice([0.5, 1.0])
        phrases = {name: rng.integers(0, 7, (4, int(4 / rhythm))) for name in "AB"}
        roots = rng.choice([0, 3, 4, 5], 4)
        tune, chords = [], []
        for number, name in enumerate("AABA"):
            for bar in range(4):
                start = 16 * number + 4 * bar
                tune += [
                    (start + place * rhythm, rhythm, tonic + 12 + int(scale[step]))
                    for place, step in enumerate(phrases[name][bar])
                ]
                chords += [(start, 4, tonic + int(scale[(roots[bar] + third) % 7]) - 12) for third in (0, 2, 4)]
        found.append(score_of(tune, chords))
    return found


# --- compression


def test_a_shape_that_stands_four_times_is_said_once() -> None:
    shape = [(0, 60), (1, 64), (3, 67)]
    points = np.array([(x + 100 * n, y + n * n) for n in range(4) for x, y in shape])
    (tec,), rest = cosiatec(points)
    assert (len(tec.pattern), len(tec.translators), tec.covered, len(rest)) == (3, 4, 12, 0)
    assert compression_ratio(points) == 12 / (3 + 4 - 1)


def test_points_without_a_shape_are_said_one_by_one() -> None:
    points = np.array([(0, 60), (1, 61), (3, 65), (7, 50)])  # six different vectors
    tecs, rest = cosiatec(points)
    assert not tecs
    assert rest.tolist() == points.tolist()
    assert compression_ratio(points) == 1.0


def test_a_looped_bar_compresses_by_far() -> None:
    loop = np.array([(48 * bar + x, y) for bar in range(16) for x, y in ((0, 60), (13, 64), (20, 67), (37, 71))])
    assert compression_ratio(loop) == 64 / (4 + 16 - 1)


def naive_cosiatec(points):
    """The definition: every vector's pattern, every translator, by sets."""
    left, cost = {tuple(map(int, point)) for point in points}, 0
    whole = len(left)
    while True:
        ordered, best, rank = sorted(left), None, (1 + 1e-9, 0, 0, 0)
        vectors = sorted({(b[0] - a[0], b[1] - a[1]) for a, b in product(ordered, ordered) if a < b})
        for dx, dy in vectors:
            pattern = [p for p in ordered if (p[0] + dx, p[1] + dy) in left]
            x, y = pattern[0]
            moves = [(px - x, py - y) for px, py in ordered]
            places = [m for m in moves if all((px + m[0], py + m[1]) in left for px, py in pattern)]
            covered = {(px + mx, py + my) for px, py in pattern for mx, my in places}
            low, high = np.min(pattern, 0), np.max(pattern, 0)
            box = sum(bool((low <= p).all() and (p <= high).all()) for p in np.array(ordered))
            ratio = len(covered) / (len(pattern) + len(places) - 1)
            candidate = (ratio, len(pattern) / box, len(covered), len(pattern))
            if ratio > rank[0] + 1e-9 or (ratio > rank[0] - 1e-9 and candidate[1:] > rank[1:]):
                best, rank = (covered, len(pattern) + len(places) - 1), candidate
        if best is None:
            return whole / (cost + len(left))
        left, cost = left - best[0], cost + best[1]
        if not left:
            return whole / cost


@given(st.sets(st.tuples(st.integers(0, 12), st.integers(60, 66)), min_size=1, max_size=24))
@settings(max_examples=60)
def test_the_quick_search_finds_what_the_definition_does(points) -> None:
    points = np.array(sorted(points))
    assert compression_ratio(points) == pytest.approx(naive_cosiatec(points))


def test_points_are_checked() -> None:
    with pytest.raises(ValueError, match=r"shape \(n, 2\) with n >= 1; got \(0, 2\)"):
        cosiatec(np.zeros((0, 2), int))
    with pytest.raises(ValueError, match=r"must lie in 0..127; got 60..130"):
        cosiatec(np.array([(0, 60), (1, 130)]))
    with pytest.raises(ValueError, match="at most 100,000 steps; got 200,000"):
        cosiatec(np.array([(0, 60), (200_000, 61)]))


def test_compression_counts_different_points_up_to_fixed_numbers() -> None:
    piece = [(n / 4, 0.25, 60 + n * n % 13) for n in range(120)]
    ratios = compression_of(view_score(score_of(piece, piece)))  # the second track adds no point
    assert ratios[1:] == (None, None)
    assert ratios[0] == compression_ratio(np.array([(3 * n, 60 + n * n % 13) for n in range(100)]))


# --- repetition


def test_a_form_that_returns_is_covered() -> None:
    assert rc4(view_score(bars_of("abcdabcd"))) == 1.0
    assert rc4(view_score(bars_of("abcdefghabcd"))) == pytest.approx(8 / 12)
    assert rc4(view_score(bars_of("abcdefgh"))) == 0.0


def test_three_bars_are_no_run_and_the_order_counts() -> None:
    assert rc4(view_score(bars_of("abcxabcy"))) == 0.0
    assert rc4(view_score(bars_of("abcddcba"))) == 0.0


def test_short_pieces_have_no_repetition_to_measure() -> None:
    assert rc4(view_score(bars_of("abcabca"))) is None


def test_repeated_share_by_hand() -> None:
    matrix = np.eye(10)
    matrix[range(4), range(5, 9)] = matrix[range(5, 9), range(4)] = 0.8  # bars 0-3 like 5-8
    assert repeated_share(matrix) == 0.8
    assert repeated_share(np.where(matrix == 0.8, 0.7, matrix)) == 0.0  # alike means more than 0.7
    with pytest.raises(ValueError, match=r"must be square and have a row; got shape \(2, 3\)"):
        repeated_share(np.zeros((2, 3)))


# --- loops, validity


@pytest.mark.parametrize(("plan", "hangs"), [("a" * 16, True), ("ab" * 8, True), ("a" * 7, False), ("abcdefgh", False)])
def test_loops(plan: str, hangs: bool) -> None:
    assert loops(view_score(bars_of(plan))) is hangs


def test_a_loop_needs_half_of_the_notes_and_no_bar_line() -> None:
    stuck = [(0.7 * n, 0.5, 60) for n in range(40)]
    free = [(100 + n + n * n / 100, 0.5, 50 + 7 * n % 23) for n in range(60)]
    assert loops(view_score(score_of(stuck)))
    assert not loops(view_score(score_of(stuck + free)))


def test_valid() -> None:
    piece = view_score(bars_of("abcdabcd"))
    assert is_valid(piece)
    assert not is_valid(piece, ended=False)
    assert not is_valid(None)
    assert not is_valid(view_score(score_of([(n, 1, 60 + n) for n in range(15)])))
    assert not is_valid(view_score(bars_of("a" * 16)))
    chord = [(0, 1, pitch) for pitch in range(30, 94)]
    tune = [(n + 1, 1, 60 + n) for n in range(16)]
    assert is_valid(view_score(score_of(chord + tune)))
    assert not is_valid(view_score(score_of(chord + tune, [(0, 1, 20)])))


# --- traits and the band


def test_traits_by_hand() -> None:
    """C and G in turn, on each beat of two bars, over a drum on every other beat."""
    tune = [(beat, 0.5, (60, 67)[beat % 2]) for beat in range(8)]
    view = view_score(score_of(tune, ["drums", *((beat, 0.25, 36) for beat in range(0, 8, 2))]))
    traits = dict(zip(TRAITS, measure_traits(view), strict=True))
    assert traits == {
        "pitch_class_entropy": 1.0,
        "scale_consistency": 1.0,
        "polyphony": 1.0,
        "groove": 1.0,
        "empty_beat_rate": 0.0,
        "notes_per_beat": 12 / 8,
    }


def test_traits_that_vary() -> None:
    view = view_score(score_of([(0, 2, 60), (1, 1, 61), (4, 1, 62), (4.5, 0.5, 63)]))
    entropy, consistency, polyphony, groove, empty, density = measure_traits(view)
    assert (entropy, consistency) == (2.0, 3 / 4)  # C, D, E flat of B flat major
    assert polyphony == pytest.approx(4.5 / 3)
    assert groove == 1 - 2 / 16  # onsets at steps 0 and 4, then 0 and 2
    assert (empty, density) == (2 / 5, 4 / 5)


def test_drums_alone_have_no_pitch_classes() -> None:
    traits = measure_traits(view_score(score_of(["drums", *((beat, 0.25, 36) for beat in range(8))])))
    assert np.isnan(traits).tolist() == [True, True, True, False, False, False]


def test_band() -> None:
    traits = np.tile(np.arange(101.0)[:, None], (1, 6))
    band = band_of(traits)
    assert band.tolist() == [[5.0] * 6, [95.0] * 6]
    inside = inside_band(np.array([4.9, 5, 50, 95, 95.1, np.nan]), band)
    np.testing.assert_array_equal(inside, [0, 1, 1, 1, 0, np.nan])
    with pytest.raises(ValueError, match="6 figures, each known of one piece or more"):
        band_of(np.full((3, 6), np.nan))


def test_entropy_of_nothing() -> None:
    with pytest.raises(ValueError, match="its sum is 0"):
        pitch_class_entropy(np.zeros(12))


# --- features and distance


def test_features_count_from_the_tonic() -> None:
    tune = [(beat, 1, 60 + step) for beat, step in enumerate((0, 4, 7, 12, 11, 7, 5, 2, 0, 4, 2, 11, 0))]
    one = measure_features(view_score(score_of(tune)))
    other = measure_features(view_score(score_of([(onset, length, pitch + 3) for onset, length, pitch in tune])))
    assert one is not None
    assert other is not None
    assert len(one) == len(FEATURES) == 47
    differs = np.flatnonzero(~np.isclose(one, other))
    assert [FEATURES[place] for place in differs] == ["pitch_mean"]
    named = dict(zip(FEATURES, one, strict=True))
    assert named["chroma_0"] == pytest.approx(4 / 13)
    assert (named["gap_5"], named["length_5"], named["phase_0"]) == (1, 1, 1)  # all quarter notes on the beat
    assert named["notes_per_onset"] == 1


def test_drums_alone_have_no_features() -> None:
    assert measure_features(view_score(score_of(["drums", (0, 1, 36), (1, 1, 36)]))) is None


def test_distance_of_a_set_to_itself_is_none() -> None:
    features = np.random.default_rng(0).normal(size=(60, 47))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-9)


def test_distance_by_hand() -> None:
    """Moving a set by one unit in two directions costs 2; doubling one variance of 4 more costs what its roots say."""
    corners = np.array(list(product((-1.0, 1.0), repeat=2)))
    assert frechet_distance(corners, corners + 1) == pytest.approx(2)
    variance = 4 / 3  # of each direction of the corners, and 4 times as much of corners twice as wide
    assert frechet_distance(corners, 2 * corners) == pytest.approx(2 * variance * (1 - 2) ** 2)


def test_extrapolation_takes_the_bias_away() -> None:
    rng = np.random.default_rng(0)
    one, other, far = (rng.normal(size=(400, 20)) for _ in range(3))
    far += 0.5  # 20 features, a quarter each: 5
    assert frechet_distance(one, other) > 0.4
    assert extrapolated_distance(one, other) == pytest.approx(0, abs=0.15)
    assert extrapolated_distance(one, far) == pytest.approx(5, abs=0.6)
    assert human_distance(one, 1000) == pytest.approx(frechet_distance(one[:200], one[200:]), abs=0.3)


def test_distance_rows() -> None:
    rng = np.random.default_rng(0)
    rows = {row.metric: row for row in frechet_rows(rng.normal(size=(120, 10)), rng.normal(3, 5, size=(200, 10)))}
    assert list(rows) == ["frechet", "frechet_plain", "frechet_human"]
    for name in ("frechet", "frechet_plain"):
        assert rows[name].low < rows[name].value < rows[name].high


def test_distance_needs_pieces() -> None:
    with pytest.raises(ValueError, match=r"got \(1, 3\) and \(5, 3\)"):
        frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(ValueError, match="50 pieces each at least; got 49 and 60"):
        extrapolated_distance(np.zeros((49, 3)), np.zeros((60, 3)))
    with pytest.raises(ValueError, match="four pieces to be halved; got 3"):
        human_distance(np.zeros((3, 3)), 2)


# --- steadiness


def test_tempo_consistency_by_hand() -> None:
    assert tempo_consistency(np.arange(40) / 4) == pytest.approx(1)
    assert tempo_consistency(np.arange(40) / 4 + 0.1) == pytest.approx(1)
    assert tempo_consistency(np.array([0, 0.125])) == pytest.approx(0)  # half a sixteenth apart
    with pytest.raises(ValueError, match="at least one onset"):
        tempo_consistency(np.zeros(0))


C_MAJOR = [(beat, 1, 60 + step) for beat, step in enumerate((0, 4, 7, 12, 11, 7, 5, 2, 0, 4, 2, 11, 0, 4, 7, 0))]


def noise_of(*more):
    view = view_score(score_of([*C_MAJOR, *more]))
    assert view.facts.key.name == "C major"
    return [(view.notes.time[i] / BEAT, int(view.notes.pitch[i])) for i in np.flatnonzero(noise_notes(view))]


def test_what_is_noise() -> None:
    assert noise_of() == []
    assert noise_of((16.125, 0.5, 60), (16.25, 0.25, 60), (17 + 1 / 3, 0.5, 60)) == [(16.125, 60)]  # off both grids
    assert noise_of((16, 0.05, 72)) == [(16, 72)]  # too short
    assert noise_of((16, 1, 66)) == [(16, 66)]  # F sharp, alone
    assert noise_of((16, 1, 66), (17, 1, 67)) == []  # resolved
    assert noise_of((16, 1, 66), (17.25, 1, 67)) == [(16, 66)]  # too late
    assert noise_of((16, 1, 66), (16, 1, 62), (16, 1, 69)) == []  # of a D major chord


def test_snr_by_hand() -> None:
    assert symbolic_snr(view_score(score_of(C_MAJOR))) == pytest.approx(10 * np.log10(16.5 / 0.5))
    spoiled = view_score(score_of([*C_MAJOR, (16, 1, 66)]))
    assert symbolic_snr(spoiled) == pytest.approx(10 * np.log10(16.5 / 1.5))


# --- music made worse


@given(scores(), st.integers(0, 3))
def test_shuffled_bars_are_the_same_bars(score, seed) -> None:
    def bars(piece):
        lines = bar_starts(score)
        found = []
        for track in piece.tracks:
            for note in track.notes:
                bar = int(np.searchsorted(lines[1:-1], note.time, side="right"))
                found.append((bar, int(note.time - lines[bar]), note.duration, note.pitch, track.program))
        return found

    def contents(piece):
        by_bar = {}
        for bar, *note in bars(piece):
            by_bar.setdefault(bar, []).append(tuple(note))
        return sorted(sorted(notes) for notes in by_bar.values())

    assert contents(shuffled_bars(score, seed)) == contents(score)


def test_corruption_spoils_its_share_and_the_same_notes_first() -> None:
    piece = bars_of("abcdefghijkl")
    assert corrupted(piece, 0, 1).tracks == piece.tracks

    def spoiled(share):
        before, after = ((track.notes.numpy()) for track in (piece.tracks[0], corrupted(piece, share, 1).tracks[0]))
        pairs = [set(zip(each["time"].tolist(), each["pitch"].tolist(), strict=True)) for each in (before, after)]
        return pairs[0] - pairs[1]

    assert 7 <= len(spoiled(0.1)) <= 10  # of 96; one may land where another was
    assert len(spoiled(0.1) - spoiled(0.5)) <= 3
    with pytest.raises(ValueError, match="share must be from 0 to 1; got 5"):
        corrupted(piece, 5, 0)


# --- the reference


def test_reference_round_trip(tmp_path: Path) -> None:
    made = measure_reference(songs(4), "four songs")
    made.save(tmp_path / "reference.safetensors")
    read = Reference.load(tmp_path / "reference.safetensors")
    assert (read.pieces, read.source, read.manifest_hash, read.hash) == (4, "four songs", "", made.hash)
    np.testing.assert_array_equal(read.features, made.features)
    assert [path.name for path in tmp_path.iterdir()] == ["reference.safetensors"]


def test_a_reference_is_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no such thing")
    with pytest.raises(ValueError, match=r"must be a reference that `Reference.save` wrote"):
        Reference.load(tmp_path / "x")


def test_reference_of_a_folder(tmp_path: Path) -> None:
    for number, song in enumerate(songs(3)):
        write_score(song, tmp_path / f"{number}.mid")
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    assert reference_of_folder(tmp_path).pieces == 3
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="two pieces with pitched notes or more; 0 files of"):
        reference_of_folder(tmp_path / "empty")


def test_the_reference_that_is_shipped() -> None:
    reference = default_reference()
    assert reference.pieces >= 500
    assert len(reference.manifest_hash) == 64
    band = band_of(reference.traits.astype(float))
    inside = inside_band(reference.traits.astype(float), band)
    assert np.nanmean(inside) == pytest.approx(0.9, abs=0.03)  # by construction


# --- all together


def test_what_cannot_be_read_counts_as_zero() -> None:
    reference = measure_reference(songs(4), "songs")
    song = songs(1)[0]
    alone, beside = (
        {row.metric: row.value for row in evaluate_musicality(scores, reference)} for scores in ([song], [song, None])
    )
    for name in ("valid", "rc4", "band_score", "tempo_consistency", "snr"):
        assert alone[f"musicality/{name}"] > 0
        assert beside[f"musicality/{name}"] == pytest.approx(alone[f"musicality/{name}"] / 2), name
    assert measure_piece(symusic.Score(480).to("tick")).notes == 0
    with pytest.raises(ValueError, match="at least one piece; got none"):
        musicality_rows([], reference)


def test_a_loop_gets_nothing_for_its_compression() -> None:
    piece = measure_piece(bars_of("a" * 16))
    assert piece.loops
    assert piece.compression[0] == 1.0


def test_figures_do_not_depend_on_the_key() -> None:
    song = songs(1)[0]
    one, other = measure_piece(song), measure_piece(transpose(song, 2))
    assert dataclasses.replace(one, features=None) == dataclasses.replace(other, features=None)


def test_music_made_worse_comes_out_worse() -> None:
    """Every figure moves the right way, and further with more notes spoiled, where it can see the damage at all."""
    human = songs(100)
    reference = measure_reference(human[50:], "songs")
    rows = {row.metric: row.value for row in evaluate_reference_points(human[:50], reference)}
    spoiled = [f"corrupted_{round(100 * share)}" for share in SHARES]

    def course(figure):
        return [rows[f"musicality/{figure}/{group}"] for group in ("human", *spoiled)]

    for falling in ("rc4", "band_score", "tempo_consistency", "snr", "cr_100"):
        figures = course(falling)
        assert figures == sorted(figures, reverse=True), (falling, figures)
        assert figures[0] > figures[-1], falling
    for rising in ("frechet", "frechet_plain"):
        figures = course(rising)
        assert figures == sorted(figures), (rising, figures)
    assert rows["musicality/rc4/human"] > 0.7 > 0.3 > rows["musicality/rc4/shuffled_bars"]
    assert rows["musicality/valid/human"] == 1
