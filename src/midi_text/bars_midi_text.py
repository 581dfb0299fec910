"""Where bars and seconds lie in a score.

Times are integer ticks from the start of the piece. A bar is what the time signatures say, 4/4 until one says
otherwise; a signature inside a bar takes effect at the next bar line, and of several that wait the last one holds.
A bar may last a fraction of a tick more or less than another, so that bar lines do not drift. A tempo holds from its
tick on, 120 quarter notes a minute until there is one. A piece ends when its last note ends.
"""

from __future__ import annotations

import numpy as np
from symusic.core import ScoreTick

MAX_BARS = 100_000
DEFAULT_MSPQ = 500_000  # 120 quarter notes a minute, the standard's value where a file names no tempo


def last_tick(score: ScoreTick) -> int:
    """The tick at which the last note ends; 0 without notes."""
    notes = [track.notes.numpy() for track in score.tracks if len(track.notes)]
    return int(max(((n["time"].astype(np.int64) + n["duration"]).max() for n in notes), default=0))


def bar_starts(score: ScoreTick) -> np.ndarray:
    """The bar lines of a piece.

    Args:
        score: A score with valid time signatures, as `read_score` gives.

    Returns:
        Ticks, int64, shape (bars + 1,): the start of every bar, then the bar line at or after the end of the last
        note. A note that ends on a bar line opens no new bar. Without notes: [0].

    Raises:
        ValueError: If there are more than `MAX_BARS` bars.
    """
    end = last_tick(score)
    segments = bar_segments(score, end)
    if sum(count for *_, count in segments) > MAX_BARS:
        raise ValueError(f"a score may have at most {MAX_BARS:,} bars; shorten it")
    per_whole = 4 * score.ticks_per_quarter
    lines = [
        start + np.arange(count) * max(numerator * per_whole, denominator) // denominator
        for start, numerator, denominator, count in segments
    ]
    if not segments:
        return np.zeros(1, np.int64)
    start, numerator, denominator, count = segments[-1]
    last = start + count * max(numerator * per_whole, denominator) // denominator
    return np.concatenate([*lines, [last]]).astype(np.int64)


def bar_segments(score: ScoreTick, end: int) -> list[tuple[int, int, int, int]]:
    """Stretches of bars of one metre from tick 0 up to `end`: (start tick, numerator, denominator, bars)."""
    per_whole = 4 * score.ticks_per_quarter
    signatures = score.time_signatures.numpy()
    order = np.argsort(signatures["time"], kind="stable")
    changes = [
        (int(signatures["time"][i]), int(signatures["numerator"][i]), int(signatures["denominator"][i])) for i in order
    ]
    segments: list[tuple[int, int, int, int]] = []
    start, numerator, denominator = 0, 4, 4
    for time, next_numerator, next_denominator in [*changes, (end, 0, 1)]:
        # A bar lasts whole ticks on average only: the k-th line of a segment is floor(k * length).
        length = max(numerator * per_whole, denominator)
        count = -(-max(min(time, end) - start, 0) * denominator // length)
        if count:
            segments.append((start, numerator, denominator, count))
            start += count * length // denominator
        numerator, denominator = next_numerator, next_denominator
        if time >= end:
            break
    return segments


def tempo_map(score: ScoreTick) -> tuple[np.ndarray, np.ndarray]:
    """Ticks from which a tempo holds, the first 0, strictly rising, and its microseconds per quarter note."""
    tempos = score.tempos.numpy()
    times = np.concatenate([[0], tempos["time"]]).astype(np.int64)
    mspq = np.concatenate([[DEFAULT_MSPQ], tempos["mspq"]]).astype(np.int64)
    keep = last_of_each_tick(times)
    return times[keep], mspq[keep]


def seconds_at(score: ScoreTick, ticks: np.ndarray | int) -> np.ndarray:
    """Seconds from the start of the piece at each of `ticks` (any shape), after the tempo map."""
    times, mspq = tempo_map(score)
    per_tick = mspq / (1e6 * score.ticks_per_quarter)
    elapsed = np.concatenate([[0.0], np.cumsum(np.diff(times) * per_tick[:-1])])
    where = np.maximum(np.searchsorted(times, ticks, side="right") - 1, 0)
    return elapsed[where] + (ticks - times[where]) * per_tick[where]


def last_of_each_tick(time: np.ndarray) -> np.ndarray:
    """Indices that sort `time` and keep, of the events at one tick, the last one given: the one that holds."""
    order = np.argsort(time, kind="stable")
    ordered = time[order]
    return order[np.append(ordered[1:] != ordered[:-1], True)] if len(order) else order
