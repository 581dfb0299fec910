"""Musicality: the figures of pieces, and of a set of pieces beside human music and human music made worse.

`measure_piece` gives everything that one piece has by itself; it is what plots and reports show. `musicality_rows` puts
pieces together and holds them against a `Reference`. What could not be read has zeros where a share or a level is
measured, and stays in every denominator; a figure that a piece cannot have (``cr_400`` below 400 notes, ``rc4`` below
eight bars, traits and features of drums alone) is over the pieces that have it, and the row ``…_pieces`` says how many.

Not every figure sees every damage. Measured on 300 held-out excerpts of ours and 120 whole songs of POP909 (spoiled
notes 5, 10, 25, 50 %): repetition, compression, SNR, tempo consistency and the Fréchet distance fall or rise in that
order; shuffled bars show in repetition (.59 to .008), less in compression (2.06 to 1.96) and groove, and in no figure
that does not know the order of bars. The band score needs a quarter of the notes spoiled before it tells: human music
lies outside its own band one time in ten, and a little noise brings some of it back in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from symusic.core import ScoreTick

from ...facts.view import view_score
from ...records import Measurement
from ..intervals import ratio
from .alterations import SHARES, corrupted, shuffled_bars
from .compression import POINTS, compression_of
from .features import measure_features
from .frechet import FEWEST, frechet_rows
from .loops import loops
from .novelty import OVER, NoveltyIndex
from .reference import Reference
from .repetition import rc4
from .steadiness import symbolic_snr, tempo_consistency
from .traits import TRAITS, band_of, inside_band, measure_traits
from .validity import is_valid


@dataclass(frozen=True)
class PieceMusicality:
    """The figures of one piece; None where it can have none.

    Attributes:
        notes: How many, drums included; 0 of what could not be read.
        valid: See `validity`.
        loops: Whether it hangs, see `loops`.
        rc4: Share of bars in repeated runs, 0..1, see `repetition`.
        compression: Ratios of the first `POINTS` points, 1 of a loop, see `compression`.
        traits: See `traits`, in the order of `TRAITS`.
        features: See `features`.
        tempo_consistency: 0..1, see `steadiness`.
        snr: Decibels, likewise.
        longest_run: Notes in a row shared with a training piece, see `novelty`.
    """

    notes: int
    valid: bool
    loops: bool
    rc4: float | None
    compression: tuple[float | None, ...]
    traits: tuple[float | None, ...]
    features: tuple[float, ...] | None
    tempo_consistency: float
    snr: float
    longest_run: int | None = None


_UNREADABLE = PieceMusicality(0, False, False, 0.0, (None,) * len(POINTS), (None,) * len(TRAITS), None, 0.0, 0.0, None)


def measure_piece(score: ScoreTick | None, *, ended: bool = True) -> PieceMusicality:
    """The figures of a piece, without novelty.

    Args:
        score: As `read_score` gives it; None where that failed.
        ended: Whether its maker finished it, as against being cut off at a limit.
    """
    if score is None or not any(len(track.notes) for track in score.tracks):
        return _UNREADABLE
    view = view_score(score)
    features = measure_features(view)
    hangs = loops(view)
    compression = compression_of(view)
    return PieceMusicality(
        notes=len(view.notes),
        valid=is_valid(view, ended=ended),
        loops=hangs,
        rc4=rc4(view),
        compression=tuple(1.0 if hangs and each is not None else each for each in compression),
        traits=tuple(None if np.isnan(value) else float(value) for value in measure_traits(view)),
        features=None if features is None else tuple(features.tolist()),
        tempo_consistency=tempo_consistency(view.beats(view.notes.time)),
        snr=symbolic_snr(view),
    )


def evaluate_musicality(
    scores: Iterable[ScoreTick | None],
    reference: Reference,
    training_index: NoveltyIndex | None = None,
    *,
    group: str = "",
    seed: int = 0,
) -> list[Measurement]:
    """The rows of a set of pieces.

    Args:
        scores: As `read_score` gives them; None for what could not be read.
        reference: Human music to compare with, such as `default_reference`.
        training_index: For novelty; without it there are no such rows.
        group: Ends every row's name where there are several sets.
        seed: Of what is drawn for the Fréchet distance.

    Raises:
        ValueError: If there is no piece.
    """
    scores = list(scores)
    pieces = with_novelty([measure_piece(score) for score in scores], scores, training_index)
    return musicality_rows(pieces, reference, group=group, seed=seed)


def evaluate_reference_points(
    scores: Sequence[ScoreTick], reference: Reference, training_index: NoveltyIndex | None = None, *, seed: int = 0
) -> list[Measurement]:
    """The rows of human pieces as they are, with their bars shuffled, and with notes spoiled: what a table starts with.

    Args:
        scores: Human pieces that are not in the reference, if the Fréchet distance is to be fair.
        reference: See `evaluate_musicality`.
        training_index: Likewise.
        seed: Of what is shuffled and spoiled.

    Returns:
        Rows of the groups ``human``, ``shuffled_bars``, ``corrupted_5``, ``corrupted_10`` … (per cent of the notes).

    Raises:
        ValueError: If there is no piece.
    """
    versions = {"human": lambda score, _: score, "shuffled_bars": shuffled_bars} | {
        f"corrupted_{share:.0%}".rstrip("%"): partial(_spoiled, share) for share in SHARES
    }
    rows: list[Measurement] = []
    for group, change in versions.items():
        changed = [change(score, seed + number) for number, score in enumerate(scores)]
        rows += evaluate_musicality(changed, reference, training_index, group=group, seed=seed)
    return rows


def _spoiled(share: float, score: ScoreTick, seed: int) -> ScoreTick:
    return corrupted(score, share, seed)


def with_novelty(
    pieces: Sequence[PieceMusicality], scores: Iterable[ScoreTick | None], index: NoveltyIndex | None
) -> list[PieceMusicality]:
    """The same pieces with their longest shared runs, looked up together; as they are without an index."""
    if index is None:
        return list(pieces)
    runs = index.longest_runs(scores)
    return [replace(piece, longest_run=run.notes) for piece, run in zip(pieces, runs, strict=True)]


def band_share(piece: PieceMusicality, band: np.ndarray) -> float:
    """The share of a piece's traits inside a band (`band_of`), 0..1; 0 where it has none."""
    inside = inside_band(np.array(piece.traits, np.float64), band)
    known = inside[~np.isnan(inside)]
    return float(known.mean()) if len(known) else 0.0


def musicality_rows(
    pieces: Sequence[PieceMusicality], reference: Reference, *, group: str = "", seed: int = 0
) -> list[Measurement]:
    """The rows of a set of pieces that have been measured.

    Args:
        pieces: At least one.
        reference: Human music to compare with.
        group: Ends every row's name.
        seed: See `evaluate_musicality`.

    Returns:
        ``musicality/<figure>[/group]``: ``pieces``, ``valid``, ``loops``; ``rc4``, ``cr_100``, ``cr_200``, ``cr_400``
        (these with ``…_pieces``); ``band_score`` and ``band_<trait>`` (shares inside); ``tempo_consistency``, ``snr``;
        with 50 pieces that have features ``frechet``, ``frechet_plain``, ``frechet_human`` and ``frechet_pieces``; with
        novelty ``longest_run`` (mean notes), ``longest_run_median`` and ``copied`` (share with a run of more than 32).

    Raises:
        ValueError: If there is no piece.
    """
    if not pieces:
        raise ValueError("musicality needs at least one piece; got none")
    rows = [
        Measurement("pieces", float(len(pieces)), None, None),
        ratio("valid", [float(piece.valid) for piece in pieces]),
        ratio("loops", [float(piece.loops) for piece in pieces]),
        *_known("rc4", [piece.rc4 for piece in pieces]),
        *(
            row
            for place, points in enumerate(POINTS)
            for row in _known(f"cr_{points}", [piece.compression[place] for piece in pieces])
        ),
        *_band_rows(pieces, band_of(reference.traits.astype(np.float64))),
        ratio("tempo_consistency", [piece.tempo_consistency for piece in pieces]),
        ratio("snr", [piece.snr for piece in pieces]),
    ]
    features = np.array([piece.features for piece in pieces if piece.features is not None])
    if min(len(features), len(reference.features)) >= FEWEST:
        rows += frechet_rows(features, reference.features.astype(np.float64), seed)
        rows.append(Measurement("frechet_pieces", float(len(features)), None, None))
    runs = [float(piece.longest_run) for piece in pieces if piece.longest_run is not None]
    if runs:
        rows.append(ratio("longest_run", runs))
        rows.append(Measurement("longest_run_median", float(np.median(runs)), None, None))
        rows.append(ratio("copied", [float(run > OVER) for run in runs]))
    end = f"/{group}" if group else ""
    return [replace(row, metric=f"musicality/{row.metric}{end}") for row in rows]


def _known(name: str, values: Sequence[float | None]) -> list[Measurement]:
    """A mean over the pieces that have the figure, and how many those are; no mean where there is none."""
    known = [value for value in values if value is not None]
    count = Measurement(f"{name}_pieces", float(len(known)), None, None)
    return [ratio(name, known), count] if known else [count]


def _band_rows(pieces: Sequence[PieceMusicality], band: np.ndarray) -> list[Measurement]:
    inside = inside_band(np.array([piece.traits for piece in pieces], np.float64), band)
    rows = [ratio("band_score", [band_share(piece, band) for piece in pieces])]
    for trait, column in zip(TRAITS, inside.T, strict=True):
        known = column[~np.isnan(column)]
        rows += [ratio(f"band_{trait}", known)] if len(known) else []
    return rows
