"""One tokenizer, one id space: English words and MIDI events.

Ids below ``music_offset`` are special tokens and byte-level BPE pieces of text; ids at or above it are music.
A music token is one or more *events* of miditok's REMI (Fradet et al., 2021; Huang & Yang, 2020), joined by
merges learned over events (Fradet et al., 2023), and its string says which: ``<|midi:Bar_None+TimeSig_3/4|>``.
Merges never cross a bar line, so a bar can be cut, counted and streamed by itself.

What encoding loses is written down in one place, :meth:`MidiTextTokenizer.quantize`, and
``decode_score(encode_score(score).ids) == quantize(score)`` holds exactly. Any sequence of ids decodes: what does
not follow the grammar of the events is left out. Text typed by a user can never become an event.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import symusic
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

if TYPE_CHECKING:
    import miditok

VOCAB_FILES_NAMES = {
    "tokenizer_file": "tokenizer.json",
    "midi_tokenizer_file": "midi_tokenizer.json",
    "event_merges_file": "event_merges.json",
}
TASKS = ("caption", "compose", "continue", "infill", "vary", "refine")
SPECIAL_TOKENS = ("<pad>", "<s>", "</s>", "<mask>", "<midi>", "</midi>", *(f"<{task}>" for task in TASKS))
RESERVED_TOKENS = tuple(f"<extra_{i}>" for i in range(20))  # so that a later task needs no new vocabulary
_MUSIC_PREFIX, _MUSIC_SUFFIX = "<|midi:", "|>"
_TICKS_PER_QUARTER = 48  # 12 positions a beat, down to sixteenth-note beats
_EVENT_CHAR = 0xE000  # events travel through the merges as private-use characters


@dataclass(frozen=True)
class EncodedScore:
    """A score as ids.

    Attributes:
        ids: Joint ids of music tokens, no specials around them.
        bars_read: Bars that stand in ``ids``.
        bars_total: Bars of the score, up to the last onset.
    """

    ids: list[int]
    bars_read: int
    bars_total: int

    @property
    def truncated(self) -> bool:
        """Whether bars were cut off at the end."""
        return self.bars_read < self.bars_total


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


class MidiTextTokenizer(PreTrainedTokenizerFast):
    """Text and scores to ids of one vocabulary, and back.

    Text goes through the usual methods (``tokenizer(text)``, ``decode``); music through :meth:`encode_score` and
    :meth:`decode_score`. Built by :meth:`from_corpus`, loaded by ``from_pretrained``.
    """

    # No __init__: transformers would then rebuild the backend from the bare vocabulary, with other ids.
    vocab_files_names = VOCAB_FILES_NAMES
    model_input_names = ["input_ids", "attention_mask"]

    # -- building and saving -------------------------------------------------------------------------------------

    @classmethod
    def from_corpus(
        cls,
        texts: Iterable[str],
        event_ids: Iterable[Sequence[int]],
        *,
        text_vocab_size: int = 2048,
        music_vocab_size: int = 4096,
    ) -> MidiTextTokenizer:
        """Learns the text pieces from ``texts`` and the merges from ``event_ids`` (see :meth:`event_ids_of`).

        Raises:
            ValueError: If a size is smaller than its base alphabet.
        """
        midi = _new_remi()
        base_size = len(midi)
        if music_vocab_size < base_size:
            raise ValueError(f"music_vocab_size must be at least {base_size}, the base events; got {music_vocab_size}")
        smallest = 256 + len(SPECIAL_TOKENS) + len(RESERVED_TOKENS)
        if text_vocab_size < smallest:
            raise ValueError(f"text_vocab_size must be at least {smallest}, bytes and specials; got {text_vocab_size}")
        merges = Tokenizer(models.BPE())
        merges.pre_tokenizer = pre_tokenizers.Split(_as_text([midi["Bar_None"]]), "merged_with_next")
        merges.train_from_iterator(
            (_as_text(ids) for ids in event_ids),
            trainers.BpeTrainer(
                vocab_size=music_vocab_size,
                initial_alphabet=[_as_text([i]) for i in range(base_size)],
                min_frequency=10,
                show_progress=False,
            ),
        )
        backend = Tokenizer(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        backend.train_from_iterator(
            texts,
            trainers.BpeTrainer(
                vocab_size=text_vocab_size,
                special_tokens=[*SPECIAL_TOKENS, *RESERVED_TOKENS],
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                show_progress=False,
            ),
        )
        names = _music_token_names(merges, midi)
        backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
        tokenizer = cls(
            tokenizer_object=backend, pad_token="<pad>", bos_token="<s>", eos_token="</s>", mask_token="<mask>"
        )
        tokenizer.__dict__["midi"] = midi
        tokenizer.__dict__["merges"] = merges
        return tokenizer

    def _save_pretrained(
        self,
        save_directory: str | os.PathLike[str],
        file_names: tuple[str, ...],
        legacy_format: bool | None = None,
        filename_prefix: str | None = None,
    ) -> tuple[str, ...]:
        """Saves the event vocabulary and the merges beside ``tokenizer.json`` (the hook that fast tokenizers call)."""
        file_names = super()._save_pretrained(save_directory, file_names, legacy_format, filename_prefix)
        stem = Path(save_directory) / (f"{filename_prefix}-" if filename_prefix else "")
        midi_path, merges_path = (
            f"{stem}{os.sep if not filename_prefix else ''}{VOCAB_FILES_NAMES[key]}"
            for key in ("midi_tokenizer_file", "event_merges_file")
        )
        self.midi.save(midi_path)
        self.merges.save(merges_path, pretty=False)
        return (*file_names, midi_path, merges_path)

    @cached_property
    def midi(self) -> miditok.REMI:
        """The event vocabulary: miditok's REMI, without merges. Imported when music is first read or written."""
        import miditok

        path = self._file("midi_tokenizer_file")
        name = json.loads(Path(path).read_text(encoding="utf-8"))["tokenization"]
        if name != "REMI":
            raise ValueError(f"{path} must describe a REMI tokenizer, found {name}; save the tokenizer again")
        return miditok.REMI(params=path)

    @cached_property
    def merges(self) -> Tokenizer:
        """The learned merges over events."""
        return Tokenizer.from_file(self._file("event_merges_file"))

    def _file(self, key: str) -> str:
        path = self.init_kwargs.get(key)
        if path is None:
            raise ValueError(
                f"this tokenizer was loaded without {VOCAB_FILES_NAMES[key]}, which it needs to read music; "
                "load it with from_pretrained from a folder that save_pretrained wrote"
            )
        return str(path)

    # -- the shape of the vocabulary -----------------------------------------------------------------------------

    @cached_property
    def token_events(self) -> list[tuple[str, ...]]:
        """The events of every id, ``("Pitch_60", "Velocity_79")``; ``()`` for text and special tokens."""
        start, end = len(_MUSIC_PREFIX), -len(_MUSIC_SUFFIX)
        tokens = self.convert_ids_to_tokens(range(len(self)))
        return [tuple(t[start:end].split("+")) if t.startswith(_MUSIC_PREFIX) else () for t in tokens]

    @cached_property
    def music_offset(self) -> int:
        """The first music id."""
        return next(i for i, events in enumerate(self.token_events) if events)

    @cached_property
    def base_events(self) -> list[str]:
        """The events before merging; ``base_events[i]`` is event id ``i`` and joint id ``music_offset + i``."""
        music = self.token_events[self.music_offset :]
        merged = next((i for i, events in enumerate(music) if len(events) > 1), len(music))
        return [events[0] for events in music[:merged]]

    def task_id(self, task: str) -> int:
        """The id of a task token. Raises ValueError for a task that is none of ``TASKS``."""
        if task not in TASKS:
            raise ValueError(f"task must be one of {', '.join(TASKS)}; got {task!r}")
        return int(self.convert_tokens_to_ids(f"<{task}>"))

    # -- text ----------------------------------------------------------------------------------------------------

    def encode_text(self, text: str) -> list[int]:
        """Words to ids, no specials around them; ``<|midi:Pitch_60|>`` in a text stays text."""
        return self(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]

    def decode_text(self, ids: Iterable[int]) -> str:
        """The words among ``ids``; special and music tokens are left out."""
        return self.decode([i for i in ids if i < self.music_offset], skip_special_tokens=True).strip()

    # -- music ---------------------------------------------------------------------------------------------------

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
        prepared = self._prepare(score)
        quantized = prepared.resample(_TICKS_PER_QUARTER, min_dur=0)
        return _canonical(quantized)

    def _prepare(self, score: symusic.Score) -> symusic.Score:
        """miditok's own preprocessing, less the changes that would open bars after the last note."""
        ticks = score.to("tick") if not isinstance(score, symusic.core.ScoreTick) else score
        prepared = self.midi.preprocess_score(ticks)
        onsets = [int(track.notes.numpy()["time"].max()) for track in prepared.tracks if len(track.notes)]
        if not onsets:
            raise ValueError("a score must have at least one note to be encoded, found none")
        last = max(onsets)
        prepared.tempos = [tempo for tempo in prepared.tempos if tempo.time <= last]
        prepared.time_signatures = [metre for metre in prepared.time_signatures if metre.time <= last]
        return prepared

    def event_ids_of(self, score: symusic.Score) -> list[int]:
        """A score as event ids before merging, ``0 … len(base_events) - 1``."""
        return self.midi.encode(self._prepare(score), encode_ids=False, no_preprocess_score=True).ids

    def merge(self, event_ids: Sequence[Sequence[int]]) -> list[list[int]]:
        """Event ids to joint ids, for a batch of sequences."""
        offset = self.music_offset
        encoded = self.merges.encode_batch([_as_text(ids) for ids in event_ids])
        return [[offset + i for i in item.ids] for item in encoded]

    def transposed(self, event_ids: Sequence[int] | np.ndarray, semitones: int) -> np.ndarray:
        """Event ids with every pitch moved, drums untouched; a pitch outside 0 … 127 stays inside by an octave."""
        return self._pitch_shifts[semitones % 12 if semitones >= 0 else -(-semitones % 12)][np.asarray(event_ids)]

    @cached_property
    def _pitch_shifts(self) -> dict[int, np.ndarray]:
        ids = {event: i for i, event in enumerate(self.base_events)}
        tables = {}
        for semitones in range(-11, 12):
            table = np.arange(len(ids), dtype=np.uint16)
            for pitch in range(128):
                moved = pitch + semitones
                moved += 12 if moved < 0 else -12 if moved > 127 else 0
                table[ids[f"Pitch_{pitch}"]] = ids[f"Pitch_{moved}"]
            tables[semitones] = table
        return tables

    def encode_score(self, score: symusic.Score, max_length: int | None = None) -> EncodedScore:
        """A score as joint ids, cut on a bar line where it would exceed ``max_length`` ids.

        Raises:
            ValueError: If the score has no note, or its first bar alone exceeds ``max_length``.
        """
        (ids,) = self.merge([self.event_ids_of(score)])
        starts = [i for i, id_ in enumerate(ids) if self.token_events[id_][0] == "Bar_None"]
        if max_length is None or len(ids) <= max_length:
            return EncodedScore(ids, len(starts), len(starts))
        kept = sum(end <= max_length for end in [*starts[1:], len(ids)])
        if kept == 0:
            length = starts[1] if len(starts) > 1 else len(ids)
            raise ValueError(f"the first bar needs {length} ids, more than max_length = {max_length}; allow more")
        return EncodedScore(ids[: starts[kept]], kept, len(starts))

    def decode_score(self, ids: Iterable[int]) -> symusic.Score:
        """Any ids as a score of 48 ticks a quarter; text, specials and events that make no sense are left out."""
        table = self.token_events
        events = [event for id_ in ids if 0 <= id_ < len(table) for event in table[id_]]
        kept = grammatical(events)
        vocabulary = self.midi.vocab
        score = self.midi.decode([vocabulary[event] for event in kept]) if kept else symusic.Score(_TICKS_PER_QUARTER)
        return _canonical(score)


def grammatical(events: Iterable[str]) -> list[str]:
    """The events that follow the grammar ``(Bar TimeSig (Position Tempo? (Program? Pitch Velocity Duration)*)*)*``.

    Everything before the first bar, a metre that does not follow a bar, a position not after the one before or
    outside the bar, a tempo not on a position, a pitch of the wrong kind for its program, and incomplete notes go.
    """
    out: list[str] = []
    metre, positions, position, drums = "TimeSig_4/4", 48, -1, False
    note: list[str] = []
    started = False
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
            started, position = True, -1
        elif not started:
            continue
        elif kind == "TimeSig" and out[-2:] == ["Bar_None", metre]:
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
    return out


def _new_remi() -> miditok.REMI:
    import miditok

    return miditok.REMI(miditok.TokenizerConfig(**remi_config()))


def _music_token_names(merges: Tokenizer, midi: miditok.REMI) -> list[str]:
    """The joint vocabulary's name of every event and merge, in the order of the merges' ids."""
    events = {_as_text([i]): event for event, i in midi.vocab.items()}
    pieces = sorted(merges.get_vocab().items(), key=lambda item: item[1])
    return [_MUSIC_PREFIX + "+".join(events[char] for char in piece) + _MUSIC_SUFFIX for piece, _ in pieces]


def _as_text(event_ids: Sequence[int] | np.ndarray) -> str:
    """Event ids as private-use characters, one each."""
    return (np.asarray(event_ids, dtype="<u2") + np.uint16(_EVENT_CHAR)).tobytes().decode("utf-16-le")


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


__all__ = ["EncodedScore", "MidiTextTokenizer", "TASKS", "grammatical", "remi_config"]
