"""Distance: how far a set of pieces lies from a set of human pieces, as whole sets (feature Fréchet distance).

Both sets are taken as normal distributions of their features, each feature in units of the reference's spread:
|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½) (Fréchet, 1957; as a score of generators: Heusel et al., NeurIPS 2017). A tenth
of each covariance is replaced by its mean variance in all directions, because 47 features of few pieces span no space.

With few pieces the distance is too large, by about c / n. So it is taken at several n, both sets drawn to the same
size, and a line in 1/n is followed to 1/n = 0 (Chong and Forsyth, "Effectively Unbiased FID", CVPR 2020). Two halves of
one set are then 0 apart, give or take, where the plain distance of 400 to 400 songs is 2.3. The plain distance at the
sets' own size stands beside it, and only compares with that of as many human pieces (`human_distance`).

The interval is a delete-a-group jackknife over the pieces that are judged: drawing pieces with replacement would make
the sets poorer, and the distance larger than it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...records import Measurement

FEWEST = 50  # pieces in a set
_SHRINKAGE = 0.1
_SIZES = (0.4, 0.5, 0.7, 1.0)  # of the smaller set, for the line in 1/n
_DRAWS = 8
_GROUPS = 10  # of the jackknife
_FLAT = 1e-6  # a feature that never varies gets no infinite weight


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """The distance of two sets as they are, in features as they are.

    Args:
        first: Shape (n, features).
        second: Shape (m, features).

    Raises:
        ValueError: If the numbers of features differ, or a set has fewer than two pieces.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1] or min(len(first), len(second)) < 2:
        raise ValueError(
            f"two sets need the same features and two pieces each at least; got {first.shape} and {second.shape}"
        )
    root = _root(_covariance(first))
    crossed = np.linalg.eigvalsh(root @ _covariance(second) @ root)
    traces = np.trace(root @ root) + np.trace(_covariance(second))
    away = first.mean(0) - second.mean(0)
    return float(away @ away + traces - 2 * np.sqrt(np.maximum(crossed, 0)).sum())


def extrapolated_distance(first: np.ndarray, second: np.ndarray, seed: int = 0) -> float:
    """The distance that two sets would have if both were infinite; it may come out a little below 0.

    Args:
        first: Shape (n, features).
        second: Shape (m, features).
        seed: Of what is drawn.

    Raises:
        ValueError: If a set has fewer than `FEWEST` pieces, or the numbers of features differ.
    """
    fewest = min(len(first), len(second))
    if fewest < FEWEST:
        raise ValueError(f"sets need {FEWEST} pieces each at least; got {len(first)} and {len(second)}")
    rng = np.random.default_rng(seed)
    inverse, distances = [], []
    for share in _SIZES:
        size = round(share * fewest)
        for _ in range(_DRAWS):
            drawn = (each[rng.permutation(len(each))[:size]] for each in (first, second))
            distances.append(frechet_distance(*drawn))
            inverse.append(1 / size)
    return float(np.polyfit(inverse, distances, 1)[1])


def human_distance(reference: np.ndarray, size: int, seed: int = 0) -> float:
    """The plain distance of `size` pieces of a set (at most half of it) to as many others, averaged over draws.

    Raises:
        ValueError: If the set has fewer than four pieces.
    """
    if len(reference) < 4:
        raise ValueError(f"a set must have four pieces to be halved; got {len(reference)}")
    size = max(2, min(size, len(reference) // 2))
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(reference)) for _ in range(_DRAWS)]
    return float(np.mean([frechet_distance(reference[o[:size]], reference[o[size : 2 * size]]) for o in orders]))


def frechet_rows(pieces: np.ndarray, reference: np.ndarray, seed: int = 0) -> list[Measurement]:
    """How far pieces lie from a reference set.

    Args:
        pieces: Features, shape (n, 47), n >= `FEWEST`.
        reference: Likewise.
        seed: Of what is drawn.

    Returns:
        ``frechet`` (at infinite n) and ``frechet_plain`` (at the smaller n, `frechet_human` beside it: human pieces
        against human ones at that n, or at half the reference where that is less).

    Raises:
        ValueError: See `extrapolated_distance`.
    """
    mean, spread = reference.mean(0), np.maximum(reference.std(0), _FLAT)
    own, human = (pieces - mean) / spread, (reference - mean) / spread
    size = min(len(own), len(human))

    def plain(set_: np.ndarray) -> float:
        rng = np.random.default_rng(seed)
        drawn = [human[rng.permutation(len(human))[: len(set_)]] for _ in range(_DRAWS)]
        return float(np.mean([frechet_distance(set_, others) for others in drawn]))

    return [
        _jackknifed("frechet", lambda set_: extrapolated_distance(set_, human, seed), own, seed),
        _jackknifed("frechet_plain", plain, own[np.random.default_rng(seed).permutation(len(own))[:size]], seed),
        Measurement("frechet_human", human_distance(human, size, seed), None, None),
    ]


def _jackknifed(name: str, measure: Callable[[np.ndarray], float], pieces: np.ndarray, seed: int) -> Measurement:
    """A figure of a set with the interval of what leaving out each group of pieces changes (Kott, 2001)."""
    value = measure(pieces)
    if len(pieces) < FEWEST * _GROUPS // (_GROUPS - 1) + _GROUPS:
        return Measurement(name, value, None, None)
    group = np.random.default_rng(seed).permutation(len(pieces)) % _GROUPS
    without = np.array([measure(pieces[group != number]) for number in range(_GROUPS)])
    error = float(np.sqrt((_GROUPS - 1) / _GROUPS * ((without - without.mean()) ** 2).sum()))
    return Measurement(name, value, value - 1.96 * error, value + 1.96 * error)


def _covariance(features: np.ndarray) -> np.ndarray:
    covariance = np.cov(features.T)
    count = len(covariance)
    return (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.trace(covariance) / count * np.eye(count)


def _root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
