"""Figures with their uncertainty: every figure is a ratio of two sums over items, with a 95 % bootstrap interval.

A share is a sum of zeros and ones over a count; bits per note are a sum of bits over a sum of notes; a contradiction
rate is wrong statements over statements. Items (prompts, pieces, captions) are what is drawn again, whole, because
what happens within one is not independent. The interval is the percentile interval (Efron, 1979); its seed is fixed,
so the same items give the same digits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ..records import Measurement

RESAMPLES = 1000


def ratio(metric: str, parts: ArrayLike, wholes: ArrayLike | None = None, *, seed: int = 0) -> Measurement:
    """The sum of ``parts`` over the sum of ``wholes``, with its interval.

    Args:
        metric: Name of the row.
        parts: One number an item, shape ``(items,)``.
        wholes: One number an item, not negative; ones by default, which makes the ratio a mean.
        seed: Of the resampling.

    Returns:
        The interval is None with fewer than two items; the value is 0 where the wholes sum to 0.

    Raises:
        ValueError: If there is no item, or the numbers of parts and wholes differ.
    """
    above = np.asarray(parts, np.float64)
    below = np.ones(len(above)) if wholes is None else np.asarray(wholes, np.float64)
    if above.ndim != 1 or not len(above) or above.shape != below.shape:
        raise ValueError(
            f"{metric} needs one part and one whole an item, at least one item; got {above.shape}, {below.shape}"
        )
    if not below.sum():
        return Measurement(metric, 0.0, None, None)
    value = float(above.sum() / below.sum())
    if len(above) < 2:
        return Measurement(metric, value, None, None)
    rng = np.random.default_rng(seed)
    drawn = np.empty((RESAMPLES, 2))
    for row in drawn:
        chosen = rng.integers(len(above), size=len(above))
        row[:] = above[chosen].sum(), below[chosen].sum()
    drawn = drawn[drawn[:, 1] > 0]
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    return Measurement(metric, value, float(low), float(high))


def of_sums(
    metric: str, columns: ArrayLike, figure: Callable[[np.ndarray], np.ndarray], *, seed: int = 0
) -> Measurement:
    """A figure of several sums over items, such as F1 or BLEU, with its interval.

    Args:
        metric: Name of the row.
        columns: What is summed, shape ``(items, K)``.
        figure: From sums of shape ``(N, K)`` to N figures.
        seed: Of the resampling.

    Returns:
        The interval is None with fewer than two items.

    Raises:
        ValueError: If there is no item.
    """
    table = np.asarray(columns, np.float64)
    if table.ndim != 2 or not len(table):
        raise ValueError(f"{metric} needs a row of numbers an item, at least one item; got shape {table.shape}")
    value = float(figure(table.sum(0, keepdims=True))[0])
    if len(table) < 2:
        return Measurement(metric, value, None, None)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=RESAMPLES)
    low, high = np.quantile(figure(drawn @ table), (0.025, 0.975))
    return Measurement(metric, value, float(low), float(high))
