"""Retrieval: does a text find its piece among all others, and a piece its text?

Two matrices of features, row i of both belonging to pair i; the dot product says how well a text and a piece go
together (unit vectors make it the cosine). Each text ranks all pieces, each piece all texts. R@k is the share of
queries whose own partner is among the first k, MRR the mean of 1 / rank (Voorhees, TREC-8, 1999).

Ties are broken as a coin would: figures are expectations over every order of what scores the same (McSherry & Najork,
ECIR 2008). So constant features get exactly chance, k / N and H(N) / N, which taking the best of tied places (a common
fault) would call perfect.

The baseline is *matching by facts alone* (`fact_features`): what a text states against what was measured, nothing
learned. Every claim of every text is looked up in every piece once (texts repeat each other, so there are far fewer
claims than texts times claims). A claim that holds counts for log(.95 / p), one that does not for log(.05 / (1 − p)),
where p is the share of the pieces in which it holds: naive Bayes with claims right in 95 of 100 cases. A learned space
has to beat this, because facts could have been had without it. It is a hard baseline where the captions were written
from these very measurements: over 1,000 held-out excerpts of 365 pieces text_to_midi R@1 .69, R@10 .93, MRR .77 (chance
.001, .010, .007) in 14 seconds on one core; over 200 pieces .81, .96, .86, and .67, .93, .76 by the independent
analyzer, which has no opinion on chords, form and character.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..records import Measurement
from .caption_facts import Analyzer, claims
from .intervals import ratio

RANKS = (1, 10)
_TRUST = 0.95  # how often a claim is expected to hold in its own piece


def retrieval_rows(text_features: np.ndarray, midi_features: np.ndarray, name: str) -> list[Measurement]:
    """The rows of one way to match texts and pieces.

    Args:
        text_features: Shape ``(pairs, P)``.
        midi_features: Shape ``(pairs, P)``, row i of the piece that text i belongs to.
        name: Of the way, such as "facts" or "contrastive".

    Returns:
        ``r@1``, ``r@10`` and ``mrr`` as ``<direction>/<figure>/<name>``, the directions being ``text_to_midi`` and
        ``midi_to_text``.

    Raises:
        ValueError: If the shapes differ, there are no pairs, or a feature is not finite.
    """
    texts, pieces = np.asarray(text_features, np.float64), np.asarray(midi_features, np.float64)
    if texts.ndim != 2 or texts.shape != pieces.shape or not texts.size:
        raise ValueError(f"features must be two matrices of one shape (pairs, P); got {texts.shape}, {pieces.shape}")
    if not (np.isfinite(texts).all() and np.isfinite(pieces).all()):
        raise ValueError("features must be finite numbers; found NaN or infinity")
    similarity = texts @ pieces.T
    rows = []
    for direction, scores in (("text_to_midi", similarity), ("midi_to_text", similarity.T)):
        above, tied = places(scores)
        for k in RANKS:
            rows.append(ratio(f"{direction}/r@{k}/{name}", np.clip((k - above) / tied, 0, 1)))
        rows.append(ratio(f"{direction}/mrr/{name}", expected_reciprocal(above, tied)))
    return rows


def places(similarity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many candidates beat a query's own partner, and how many score the same, it included.

    Scores that differ by less than a billionth of the largest are the same: sums in another order differ by that.

    Args:
        similarity: Shape ``(queries, queries)``; the partner of query i is candidate i.

    Returns:
        Two integer arrays of shape ``(queries,)``.
    """
    own = np.diagonal(similarity)[:, None]
    slack = 1e-9 * max(float(np.abs(similarity).max()), 1e-300)
    above = (similarity > own + slack).sum(1)
    return above, (similarity >= own - slack).sum(1) - above


def expected_reciprocal(above: np.ndarray, tied: np.ndarray) -> np.ndarray:
    """The mean of 1 / rank over the places that a tie can take: ranks above + 1 to above + tied."""
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int((above + tied).max()) + 1))])
    return (harmonic[above + tied] - harmonic[above]) / tied


def chance_rows(pairs: int) -> list[Measurement]:
    """What guessing gives among so many pairs: ``r@1/chance``, ``r@10/chance``, ``mrr/chance``, both ways alike.

    Raises:
        ValueError: If there is no pair.
    """
    if pairs < 1:
        raise ValueError(f"chance needs at least one pair; got {pairs}")
    rows = [Measurement(f"r@{k}/chance", min(1.0, k / pairs), None, None) for k in RANKS]
    return [*rows, Measurement("mrr/chance", float((1 / np.arange(1, pairs + 1)).sum() / pairs), None, None)]


def fact_features(texts: Sequence[str], pieces: Sequence[Analyzer]) -> tuple[np.ndarray, np.ndarray]:
    """Features whose dot product says how well the claims of a text fit the facts of a piece.

    Args:
        texts: What is said.
        pieces: What was measured; as many as texts or not.

    Returns:
        Shapes ``(texts, claims)`` and ``(pieces, claims)``, over the different claims of all texts; a claim that an
        analyzer has no opinion of counts for nothing in its piece.
    """
    stated = [claims(text) for text in texts]
    columns = {claim: column for column, claim in enumerate(dict.fromkeys(c for own in stated for c in own))}
    says = np.zeros((len(texts), max(len(columns), 1)))
    for row, own in enumerate(stated):
        says[row, [columns[claim] for claim in own]] = 1
    holds = np.full((len(pieces), max(len(columns), 1)), np.nan)
    for row, piece in enumerate(pieces):
        for claim, column in columns.items():
            verdict = piece.holds(*claim)
            if verdict is not None:
                holds[row, column] = verdict
    known = ~np.isnan(holds)
    true = np.where(known, holds, 0)
    share = (true.sum(0) + 0.5) / (known.sum(0) + 1)
    weight = np.where(true > 0, np.log(_TRUST / share), np.log((1 - _TRUST) / (1 - share)))
    return says, np.where(known, weight, 0)


def both_features(
    facts: tuple[np.ndarray, np.ndarray], space: tuple[np.ndarray, np.ndarray], scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Features whose dot product is that of the facts and that of the space together.

    Both are log odds and add up: of the claims, and the cosine times the scale that training sharpened it with.

    Args:
        facts: What `fact_features` gave.
        space: Unit vectors of the same texts and pieces.
        scale: Factor from cosines to log odds.
    """
    (says, holds), (words, music) = facts, space
    return np.hstack([says, scale * words]), np.hstack([holds, music])
