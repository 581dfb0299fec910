"""How loud a recording is, and making it as loud as listeners are used to.

Loudness is that of ITU-R BS.1770-4 in LUFS, integrated over the piece, which pyloudnorm measures. Peaks above the
ceiling are turned down by a limiter that looks ahead: a gain for every 64 samples, the lowest of its neighbourhood,
smoothed, so that no sample passes the ceiling. What is lost: peaks between samples, some tenths of a dB, are not seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TARGET_LUFS = -16.0  # of streamed music on headphones and phones (AES TD1004)
CEILING_DBFS = -1.0
_BLOCK = 64  # samples, 1.5 ms
_LOOK = 6  # blocks to each side
_CLOSE = 0.2  # LU; half of what anyone hears
_ROUNDS = 4
_GATE_LUFS = -70.0


def normalize(sound: np.ndarray, sample_rate: int, target_lufs: float = TARGET_LUFS) -> float:
    """Brings a recording to a loudness, in place, no sample above `CEILING_DBFS`.

    Where a few peaks stand so far above the rest that the limiter would have to turn down the music itself, the result
    stays below the target.

    Args:
        sound: float32, shape (samples, 2), of 0.4 seconds or more.
        sample_rate: Samples a second.
        target_lufs: Integrated loudness to reach.

    Returns:
        The loudness reached.

    Raises:
        ValueError: If it is silent.
    """
    import pyloudnorm

    peak = float(np.abs(sound).max())
    if not peak > 0:
        raise ValueError("the recording is silent: the sound font has no sound for these notes")
    sound /= peak  # else the absolute gate of the measure would take a soft piece for silence
    meter = pyloudnorm.Meter(sample_rate)
    loudness = _measured(meter, sound)
    for _ in range(_ROUNDS):
        gain = 10 ** ((target_lufs - loudness) / 20)
        sound *= np.float32(gain)
        if not _limit(sound):
            return target_lufs
        loudness = _measured(meter, sound)
        if abs(loudness - target_lufs) <= _CLOSE:
            break
    return loudness


def _measured(meter: Any, sound: np.ndarray) -> float:
    """Loudness in LUFS; that of the absolute gate where no block passes it."""
    return max(float(meter.integrated_loudness(sound)), _GATE_LUFS)


def _limit(sound: np.ndarray) -> bool:
    """Turns down, in place, what passes the ceiling; returns whether anything did."""
    ceiling = 10 ** (CEILING_DBFS / 20)
    blocks = -(-len(sound) // _BLOCK)
    peaks = np.maximum.reduceat(np.abs(sound).max(1), np.arange(blocks) * _BLOCK)
    if peaks.max() <= ceiling:
        return False
    needed = np.minimum(1, ceiling / np.maximum(peaks, ceiling))
    # A minimum over one block more to each side than the mean: no smoothed value passes what any neighbour needs.
    lowest = np.lib.stride_tricks.sliding_window_view(np.pad(needed, 2 * _LOOK + 1, "edge"), 2 * _LOOK + 3).min(1)
    gain = np.convolve(lowest, np.full(2 * _LOOK + 1, 1 / (2 * _LOOK + 1)), "valid")
    middle = np.arange(blocks) * _BLOCK + _BLOCK / 2
    curve = np.interp(np.arange(len(sound)), middle, gain)
    sound *= curve[:, None].astype(np.float32)
    np.clip(sound, -ceiling, ceiling, out=sound)
    return True
