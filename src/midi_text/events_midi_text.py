"""Scores and events: what the model can say about music, and exactly what saying it loses.

The events are miditok's REMI (Huang & Yang, 2020; Fradet et al., 2021) in one time-ordered stream, readable as
``Type_Value``::

    Bar_None TimeSig_3/4 Position_0 Tempo_96.0 Program_40 Pitch_74 Velocity_79 Duration_1.0.12 … Bar_None …

Every bar is followed by its metre. A position is a twelfth of a beat, the beat being the metre's denominator. A
program is named when it changes and holds until the next, across bars; ``Program_-1`` is the drum kit. A duration
``b.t.12`` is b beats and t twelfths, ``b.0.1`` whole beats beyond eight.

What encoding loses is written down in one place, `EventVocabulary.quantize`. Any events decode: `grammatical` leaves
out what makes no sense.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import symusic

from .writing_midi_text import EventWriter

if TYPE_CHECKING:
    import miditok

TICKS_PER_QUARTER = 48  # 12 positions a beat, down to sixteenth-note beats


def remi_config() -> dict[str, Any]:
    """The settings of miditok's REMI that our checkpoints use: keyword arguments of ``TokenizerConfig``."""
    return {
        "pitch_range": (0, 127),
        "drums_pitch_range": (0, 127),
        "beat_res": {(0, 8): 12, (8, 33): 1},
        "num_velocities": 16,
        "special_tokens": ["PAD"],
        "use_programs": True,
        "one_token_stream_for_programs": True,
        "program_changes": True,  # an instrument is named when it changes: 15 % fewer events than before each note
        "use_tempos": True,
        "tempo_range": (30, 250),
        "num_tempos": 221,  # every whole number of beats per minute, exactly
        "log_tempos": False,
        "delete_equal_successive_tempo_changes": True,
        "use_time_signatures": True,
        "time_signature_range": {2: [2, 3, 4], 4: [*range(1, 13)], 8: [*range(3, 13)], 16: [3, 6, 9, 12]},
        "delete_equal_successive_time_sig_changes": True,
        "use_pitchdrum_tokens": True,
        "remove_duplicated_notes": True,
    }


class EventVocabulary:
    """Scores to event ids before merging, and back: a thin, exact face over miditok's REMI.

    Args:
        midi: A REMI tokenizer of one stream with programs, without merges; by default one of `remi_config`.
    """

    def __init__(self, midi: miditok.REMI | None = None):
        import miditok

        self.midi = midi if midi is not None else miditok.REMI(miditok.TokenizerConfig(**remi_config()))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what `save` wrote. Raises ValueError if the file describes another kind of tokenizer."""
        import miditok

        found = json.loads(Path(path).read_text(encoding="utf-8")).get("tokenization")
        if found != "REMI":
            raise ValueError(f"{path} must describe a REMI tokenizer, found {found!r}; save the tokenizer again")
        return cls(miditok.REMI(params=Path(path)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes miditok's settings as JSON."""
        self.midi.save(Path(path))

    @cached_property
    def names(self) -> list[str]:
        """The events; ``names[i]`` is event id i."""
        return sorted(self.midi.vocab, key=self.midi.vocab.__getitem__)

    @cached_property
    def _writer(self) -> EventWriter:
        return EventWriter(self.names)

    def quantize(self, score: symusic.Score) -> symusic.Score:
        """What encoding keeps of a score, as a score of 48 ticks a quarter.

        Onsets go to 12 positions a beat, a beat being the denominator of the metre. Durations go to the nearest
        twelfth of a beat up to 8 beats, then to whole beats, at most 32. Velocities go to 16 levels, tempi to whole
        beats per minute from 30 to 250. Tracks of one program become one; of two equal notes that start together one
        stays. Metres outside the vocabulary, controllers, pitch bends, lyrics, track names, and tempo or metre
        changes after the last onset are left out.

        Raises:
            ValueError: If the score has no note.
        """
        return _canonical(self._prepare(score).resample(TICKS_PER_QUARTER, min_dur=0))

    def encode(self, score: symusic.Score) -> list[int]:
        """A score as event ids.

        Raises:
            ValueError: If the score has no note.
        """
        return self._writer.write(self._prepare(score))

    def encode_and_quantize(self, score: symusic.Score) -> tuple[list[int], symusic.Score]:
        """What `encode` and `quantize` give, for little more than the price of one.

        Raises:
            ValueError: If the score has no note.
        """
        prepared = self._prepare(score)
        return self._writer.write(prepared), _canonical(prepared.resample(TICKS_PER_QUARTER, min_dur=0))

    def decode(self, events: Iterable[str]) -> symusic.Score:
        """Any events as a score of 48 ticks a quarter; it may be empty."""
        kept = grammatical(events)
        if not kept:
            return symusic.Score(TICKS_PER_QUARTER)
        vocabulary = self.midi.vocab
        return _canonical(self.midi.decode([vocabulary[event] for event in kept]))

    def _prepare(self, score: symusic.Score) -> symusic.Score:
        """Miditok's own preprocessing, less the changes that would open bars after the last note."""
        ticks = score if isinstance(score, symusic.core.ScoreTick) else score.to("tick")
        prepared = self.midi.preprocess_score(ticks)
        onsets = [int(track.notes.numpy()["time"].max()) for track in prepared.tracks if len(track.notes)]
        if not onsets:
            raise ValueError("a score must have at least one note to be encoded, found none")
        last = max(onsets)
        prepared.tempos = [tempo for tempo in prepared.tempos if tempo.time <= last]
        prepared.time_signatures = [metre for metre in prepared.time_signatures if metre.time <= last]
        return prepared


def pitch_shift(names: Sequence[str], semitones: int) -> np.ndarray:
    """The event id that each event id becomes when pitched notes move by `semitones`; drums stay.

    Args:
        names: The events by id.
        semitones: -11 … 11. A pitch that would leave 0 … 127 moves an octave back.

    Returns:
        A table of ids, shape ``(len(names),)``: transposing is ``table[event_ids]``.
    """
    ids = {name: i for i, name in enumerate(names)}
    table = np.arange(len(names), dtype=np.uint16)
    for pitch in range(128):
        moved = pitch + semitones
        moved += 12 if moved < 0 else -12 if moved > 127 else 0
        table[ids[f"Pitch_{pitch}"]] = ids[f"Pitch_{moved}"]
    return table


def grammatical(events: Iterable[str]) -> list[str]:
    """The events that follow the grammar ``(Bar TimeSig (Position Tempo? (Program? Pitch Velocity Duration)*)*)*``.

    Everything before the first bar, a metre that does not follow a bar, a position not after the one before or
    outside the bar, a tempo not on a position, a pitch of the wrong kind for its program, and incomplete notes go.
    """
    out: list[str] = []
    metre, positions, position, drums = "TimeSig_4/4", 48, -1, False
    note: list[str] = []
    previous = ""
    for event in events:
        kind, value = event.split("_", 1)
        if kind in ("Velocity", "Duration"):
            if len(note) == (1 if kind == "Velocity" else 2):
                note.append(event)
            if len(note) == 3:
                out += note
                note = []
            continue
        note = []
        if kind == "Bar":
            out += [event, metre]
            position = -1
        elif not out:
            continue
        elif kind == "TimeSig" and previous == "Bar":
            metre = out[-1] = event
            positions = 12 * int(value.split("/")[0])
        elif kind == "Position" and position < int(value) < positions:
            position = int(value)
            out.append(event)
        elif kind == "Tempo" and out[-1].startswith("Position_"):
            out.append(event)
        elif kind == "Program":
            drums = value == "-1"
            out.append(event)
        elif kind == ("PitchDrum" if drums else "Pitch") and position >= 0:
            note = [event]
        previous = kind
    return out


def _canonical(score: symusic.Score) -> symusic.Score:
    """The same music in one order: tracks by program, drums last; notes by time and pitch; nothing else kept."""
    out = symusic.Score(score.ticks_per_quarter)
    out.tempos = [symusic.Tempo(t.time, qpm=round(t.qpm)) for t in score.tempos]
    out.time_signatures = score.time_signatures.copy()
    for track in sorted(score.tracks, key=lambda t: (t.is_drum, t.program)):
        if len(track.notes) == 0:
            continue
        program = 0 if track.is_drum else track.program
        name = "Drums" if track.is_drum else ""
        new = symusic.Track(name=name, program=program, is_drum=track.is_drum)
        new.notes = track.notes.copy()
        new.notes.sort(key=lambda n: (n.time, n.pitch, n.duration, n.velocity))
        out.tracks.append(new)
    return out


__all__ = ["TICKS_PER_QUARTER", "EventVocabulary", "grammatical", "pitch_shift", "remi_config"]
