"""How alike the bars of a piece are: the self-similarity matrix that form is read from, and that pictures show.

Every bar is compared with every other in four ways: its content (who plays which pitch class where), its melody
(intervals of the top line, so that a transposed return is found), its rhythm and its texture. Each way is a symmetric
matrix of 0..1, ones on the diagonal. A bar is cut into `POSITIONS` equal positions whatever its metre, octaves do not
count in the content, and of more than `LANES` tracks some share a lane. A piece of more than `MAX_ROWS` bars is
compared in groups of neighbouring bars, so that the matrices stay small; what is lost there is where inside the group
something begins.

Source: J. Foote, "Visualizing Music and Audio Using Self-Similarity" (1999); the four ways are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .view import Notes, View

MAX_ROWS = 512  # matrices of 1 MB; one in two hundred pieces of the corpus has more bars
POSITIONS = 16  # a sixteenth in common time, near a triplet eighth's third of a beat
LANES = 16  # as many as MIDI has channels
WIDEST_INTERVAL = 12  # semitones; leaps beyond an octave count as one


@dataclass(frozen=True, eq=False)
class Likeness:
    """How alike the rows of a piece are; a row is a bar, or some neighbouring bars of a long piece.

    Attributes:
        bars_per_row: Bars in a row, 1 up to `MAX_ROWS` bars.
        counts: Onsets of every lane in every row, shape (rows, lanes).
        content: Cosine of the pitch classes by position, averaged over the lanes that play, shape (rows, rows).
        melody: Cosine of the top line's intervals by position; free of transposition.
        rhythm: Cosine of the onsets by lane and position.
        texture: exp(-d²), d the distance of the lanes' log note counts, mean octaves and the row's loudness.
    """

    bars_per_row: int
    counts: np.ndarray
    content: np.ndarray
    melody: np.ndarray
    rhythm: np.ndarray
    texture: np.ndarray

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.content)


def self_similarity(view: View) -> np.ndarray:
    """The matrix to look at: the mean of the four ways to be alike.

    Returns:
        float32 of 0..1, shape (bars, bars); beyond `MAX_ROWS` bars a row stands for ceil(bars / MAX_ROWS) bars.
    """
    alike = compare_bars(view)
    return (alike.content + alike.melody + alike.rhythm + alike.texture) / 4


def compare_bars(view: View) -> Likeness:
    """Compares every bar with every other."""
    notes = view.notes
    per_row = -(-view.bars // MAX_ROWS)
    rows = -(-view.bars // per_row)
    lanes = min(len(view.tracks), LANES)
    row, position = _row_and_position(view, notes.time, per_row)
    lane = notes.track % LANES
    place = lane * POSITIONS + position
    counts = np.bincount(row * lanes + lane, minlength=rows * lanes).reshape(rows, lanes)
    content = _content(row, lane, place * 12 + notes.pitch % 12, counts)
    return Likeness(
        bars_per_row=per_row,
        counts=counts,
        content=content,
        melody=_melody(view, per_row, content),
        rhythm=_cosine(_presence(row, place, rows)[0], np.ones_like(content)),
        texture=_texture(notes, row, lane, counts),
    )


def _row_and_position(view: View, time: np.ndarray, per_row: int) -> tuple[np.ndarray, np.ndarray]:
    """The row of each tick and its position within its bar, 0 .. POSITIONS - 1, to the nearest."""
    bar = view.bar_of(time)
    start, length = view.bar_lines[bar], np.maximum(np.diff(view.bar_lines)[bar], 1)
    position = ((time - start) * POSITIONS + length // 2) // length
    return bar // per_row, np.minimum(position, POSITIONS - 1)


def _presence(row: np.ndarray, code: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Which codes occur in which row, float32 of shape (rows, codes in use), and those codes in order."""
    used, column = np.unique(code, return_inverse=True)
    present = np.zeros((rows, len(used)), np.float32)
    present[row, column] = 1
    return present, used


def _cosine(vectors: np.ndarray, of_silence: np.ndarray) -> np.ndarray:
    """Cosines of non-negative row vectors, (rows, rows); `of_silence` between rows that both have nothing."""
    length = np.sqrt((vectors * vectors).sum(1, keepdims=True))
    unit = vectors / np.maximum(length, 1e-9)
    silent = (length == 0) & (length == 0).T
    return np.where(silent, of_silence, np.minimum(unit @ unit.T, 1)).astype(np.float32)


def _content(row: np.ndarray, lane: np.ndarray, code: np.ndarray, counts: np.ndarray) -> np.ndarray:
    rows, lanes = counts.shape
    present, used = _presence(row, code, rows)
    # Each lane's part of a vector gets length one: then one product is the sum of the lanes' cosines.
    starts = np.searchsorted(used, np.arange(lanes) * POSITIONS * 12)
    per_lane = np.add.reduceat(present, starts, axis=1)  # every lane has notes, so no part is empty
    present /= np.sqrt(np.maximum(per_lane, 1))[:, used // (POSITIONS * 12)]
    playing = (counts > 0).sum(1).astype(np.float32)
    most = np.maximum(playing[:, None], playing[None])
    return np.where(most > 0, np.minimum(present @ present.T / np.maximum(most, 1), 1), 1).astype(np.float32)


def _melody(view: View, per_row: int, content: np.ndarray) -> np.ndarray:
    """Where no pitched note begins in either of two rows, they are as alike as their content."""
    line = view.pitched.top_line()
    if not len(line):
        return content
    row, position = _row_and_position(view, line.time, per_row)
    interval = np.diff(line.pitch, prepend=line.pitch[0]).clip(-WIDEST_INTERVAL, WIDEST_INTERVAL) + WIDEST_INTERVAL
    return _cosine(_presence(row, position * (2 * WIDEST_INTERVAL + 1) + interval, len(content))[0], content)


def _texture(notes: Notes, row: np.ndarray, lane: np.ndarray, counts: np.ndarray) -> np.ndarray:
    rows, lanes = counts.shape
    pitches = np.bincount(row * lanes + lane, notes.pitch, rows * lanes).reshape(rows, lanes)
    octaves = (pitches / np.maximum(counts, 1) / 12 - 5) * (counts > 0)  # from middle C
    loudness = np.bincount(row, notes.velocity, rows) / np.maximum(counts.sum(1), 1) / 32
    vectors = np.concatenate([np.log1p(counts), octaves, loudness[:, None]], axis=1)
    squares = (vectors * vectors).sum(1)
    distance = np.maximum(squares[:, None] + squares[None] - 2 * vectors @ vectors.T, 0)
    return np.exp(-distance).astype(np.float32)
