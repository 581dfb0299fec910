"""What the player in the page is told: notes, bars and lanes in seconds, and sound.

Sound is FLAC in base64, in pieces that each begin at a second of their own and may ring into the next; the player adds
them up. So a piece can be heard while it is written. A recording of many minutes would be slow to send: the player
sounds the first `MAX_SOUND_SECONDS`, and the download holds the rest.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from symusic.core import NoteTickList, ScoreTick

from ..bars_midi_text import bar_starts, last_tick, seconds_at
from ..facts.analysis import Analysis
from ..rendering.audio import default_sound_font
from ..rendering.loudness import normalize
from ..rendering.soundfont import SoundFont
from ..rendering.synthesizer import synthesize
from ..vocabulary_midi_text import DRUMS, gm_name

SAMPLE_RATE = 32_000
MAX_SOUND_SECONDS = 120.0
_CEILING = 0.89  # of full scale, -1 dBFS
_TAIL = 0.02  # seconds of fade at the end of a piece of sound
_SHORTEST = 0.5  # seconds, longer than a block of the measure of loudness


class Recorder:
    """Plays a growing score piece by piece, all at the gain that the first needed."""

    def __init__(self) -> None:
        self._until, self._gain = 0, 0.0
        self.pieces: list[dict[str, Any]] = []

    def record(self, score: ScoreTick, end: int) -> None:
        """Adds the notes that begin before a tick and after those recorded so far."""
        begin, self._until = self._until, max(self._until, end)
        stretch = score.copy()
        for track in stretch.tracks:
            times = track.notes.numpy()["time"]
            heard = (times >= begin) & (times < end) & (seconds_at(score, times) < MAX_SOUND_SECONDS)
            track.notes = NoteTickList([track.notes[int(index)] for index in np.flatnonzero(heard)])
        if not any(len(track.notes) for track in stretch.tracks):
            return
        start = float(seconds_at(score, begin))
        sound = synthesize(stretch, _font(), SAMPLE_RATE).T[round(start * SAMPLE_RATE) :]
        sound = np.array(sound[: round((MAX_SOUND_SECONDS - start) * SAMPLE_RATE)], np.float32)
        sound = np.pad(sound, ((0, max(0, round(_SHORTEST * SAMPLE_RATE) - len(sound))), (0, 0)))
        if not self._gain:
            loud = sound.copy()
            normalize(loud, SAMPLE_RATE)
            self._gain = float(np.abs(loud).sum() / max(np.abs(sound).sum(), 1e-9))
        np.clip(sound * np.float32(self._gain), -_CEILING, _CEILING, out=sound)
        fade = round(_TAIL * SAMPLE_RATE)
        sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
        self.pieces.append({"at": round(start, 4), "flac": _flac(_audible(sound))})


def playback(
    score: ScoreTick,
    sound: Sequence[dict[str, Any]] | None = None,
    *,
    analysis: Analysis | None = None,
    changed: Sequence[int] = (),
    marks: Sequence[tuple[float, int, str]] = (),
    done: bool = True,
    autoplay: bool = False,
) -> dict[str, Any]:
    """A score for the player.

    Args:
        score: The music.
        sound: As `Recorder.pieces`; by default the whole score is played.
        analysis: Fills the lanes above the notes.
        changed: Bars, from 0, that stand out.
        marks: (quarter notes from the start, pitch, verdict): how notes were played.
        done: Whether this is the whole piece.
        autoplay: Whether it sounds as soon as it can.
    """
    if sound is None:
        recorder = Recorder()
        recorder.record(score, last_tick(score) + 1)
        sound = recorder.pieces
    parts = list(dict.fromkeys(_program(track) for track in score.tracks))
    rows: list[list[float]] = []
    for track in score.tracks:
        notes = track.notes.numpy()
        starts = seconds_at(score, notes["time"]).round(3)
        ends = seconds_at(score, notes["time"] + notes["duration"]).round(3)
        part = parts.index(_program(track))
        rows += [
            list(row) + [part]
            for row in zip(
                starts.tolist(), ends.tolist(), notes["pitch"].tolist(), notes["velocity"].tolist(), strict=True
            )
        ]
    lines = bar_starts(score)
    quarter = score.ticks_per_quarter
    return {
        "notes": rows,
        "bars": seconds_at(score, lines).round(3).tolist(),
        "parts": [gm_name(program) for program in parts],
        "drums": [program == DRUMS for program in parts],
        "lanes": _lanes(score, lines, analysis) if analysis else {},
        "changed": list(changed),
        "marks": [[round(float(seconds_at(score, round(beat * quarter))), 3), p, v] for beat, p, v in marks],
        "sound": list(sound),
        "done": done,
        "autoplay": autoplay,
    }


def _program(track: Any) -> int:
    return DRUMS if track.is_drum else int(track.program)


def _lanes(score: ScoreTick, lines: np.ndarray, analysis: Analysis) -> dict[str, list[list[Any]]]:
    """Form, keys and chords as (start, end, name) in seconds."""
    at = seconds_at(score, lines).round(3).tolist()
    last = len(at) - 1
    quarter = score.ticks_per_quarter

    def seconds(beat: float) -> float:
        return round(float(seconds_at(score, round(beat * quarter))), 3)

    sections = [[at[min(s.first_bar, last)], at[min(s.first_bar + s.bars, last)], s.letter]
                for s in analysis.form.sections]  # fmt: skip
    keys = [[at[min(k.first_bar, last)], at[min(k.end_bar, last)], k.key.name] for k in analysis.tonality.spans]
    chords = [[seconds(c.start_beat), seconds(c.end_beat), c.chord.name] for c in analysis.harmony.chords if c.chord]
    return {name: rows for name, rows in (("form", sections), ("key", keys), ("chords", chords)) if rows}


@lru_cache(maxsize=1)
def _font() -> SoundFont:
    return SoundFont(default_sound_font())


def _audible(sound: np.ndarray) -> np.ndarray:
    """Without the silence at the end."""
    loud = np.flatnonzero(np.abs(sound).max(1) > 1e-4)
    return sound[: max(int(loud[-1]) + 1 if len(loud) else 0, 1)]


def _flac(sound: np.ndarray) -> str:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, sound, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
