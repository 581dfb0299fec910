"""One tokenizer, one id space: English words and MIDI events.

Ids below ``music_offset`` are special tokens and byte-level BPE pieces of text; ids at or above it are music.
A music token is one or more *events*, joined by merges learned over events (Fradet et al., 2023), and its string says
which: ``<|midi:Bar_None+TimeSig_3/4|>``.
Merges never cross a bar line, so a bar can be cut, counted and streamed by itself.

``decode_score(encode_score(score).ids) == quantize(score)`` holds exactly, any sequence of ids decodes, and text
typed by a user can never become an event.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import symusic
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from .events_midi_text import EventVocabulary, pitch_shift

VOCAB_FILES_NAMES = {
    "tokenizer_file": "tokenizer.json",
    "midi_tokenizer_file": "midi_tokenizer.json",
    "event_merges_file": "event_merges.json",
}
TASKS = ("caption", "compose", "continue", "infill", "vary", "refine")
SPECIAL_TOKENS = ("<pad>", "<s>", "</s>", "<mask>", "<midi>", "</midi>", *(f"<{task}>" for task in TASKS))
RESERVED_TOKENS = tuple(f"<extra_{i}>" for i in range(20))  # so that a later task needs no new vocabulary
EMBED = "embed"  # the task of encoding words or music for the space they share
LATER_TASKS = {EMBED: "<extra_0>"}  # by their reserved tokens: every tokenizer there is knows them
_MUSIC_PREFIX, _MUSIC_SUFFIX = "<|midi:", "|>"
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
        event_ids: Iterable[Sequence[int] | np.ndarray],
        *,
        text_vocab_size: int = 2048,
        music_vocab_size: int = 4096,
    ) -> MidiTextTokenizer:
        """Learns the text pieces from ``texts`` and the merges from ``event_ids`` (`EventVocabulary.encode`).

        Raises:
            ValueError: If a size is smaller than its base alphabet.
        """
        events = EventVocabulary()
        base_size = len(events.names)
        if music_vocab_size < base_size:
            raise ValueError(f"music_vocab_size must be at least {base_size}, the base events; got {music_vocab_size}")
        smallest = 256 + len(SPECIAL_TOKENS) + len(RESERVED_TOKENS)
        if text_vocab_size < smallest:
            raise ValueError(f"text_vocab_size must be at least {smallest}, bytes and specials; got {text_vocab_size}")
        merges = Tokenizer(models.BPE())
        merges.pre_tokenizer = pre_tokenizers.Split(_as_text([events.names.index("Bar_None")]), "merged_with_next")
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
        names = _music_token_names(merges, events.names)
        backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
        tokenizer = cls(
            tokenizer_object=backend, pad_token="<pad>", bos_token="<s>", eos_token="</s>", mask_token="<mask>"
        )
        tokenizer.__dict__["events"] = events
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
        self.events.save(midi_path)
        self.merges.save(merges_path, pretty=False)
        return (*file_names, midi_path, merges_path)

    @cached_property
    def events(self) -> EventVocabulary:
        """The event vocabulary. miditok is imported when music is first read or written, not before."""
        return EventVocabulary.load(self._file("midi_tokenizer_file"))

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

    @cached_property
    def _base_ids(self) -> dict[str, int]:
        return {event: self.music_offset + i for i, event in enumerate(self.base_events)}

    def event_ids(self, events: Iterable[str]) -> list[int]:
        """The joint id of each event by itself, without merges. Raises KeyError for what is no event."""
        return [self._base_ids[event] for event in events]

    @cached_property
    def special_ids(self) -> tuple[int, ...]:
        """Ids of the special tokens that are not music: padding, ends, tasks, reserved ones."""
        return tuple(self.convert_tokens_to_ids([*SPECIAL_TOKENS, *RESERVED_TOKENS]))

    def task_id(self, task: str) -> int:
        """The id of a task token. Raises ValueError for a task that is none of ``TASKS`` and ``LATER_TASKS``."""
        if task not in TASKS and task not in LATER_TASKS:
            raise ValueError(f"task must be one of {', '.join((*TASKS, *LATER_TASKS))}; got {task!r}")
        return int(self.convert_tokens_to_ids(LATER_TASKS.get(task, f"<{task}>")))

    def prompt_ids(self, task: str, text: str = "", music: Sequence[int] = ()) -> list[int]:
        """What the encoder reads: ``<task> words <midi> music </midi>``; either half may be empty.

        Args:
            task: One of ``TASKS`` or ``LATER_TASKS``.
            text: The words.
            music: Joint ids of music tokens, as `encode_score` gives them.
        """
        ids = [self.task_id(task), *self.encode_text(text)]
        if len(music):
            start, end = self.convert_tokens_to_ids(["<midi>", "</midi>"])
            ids += [start, *music, end]
        return ids

    # -- text ----------------------------------------------------------------------------------------------------

    def encode_text(self, text: str) -> list[int]:
        """Words to ids, no specials around them; ``<|midi:Pitch_60|>`` in a text stays text."""
        clean = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no character
        return self(clean, add_special_tokens=False, split_special_tokens=True)["input_ids"]

    def decode_text(self, ids: Iterable[int]) -> str:
        """The words among ``ids``; special and music tokens are left out."""
        return self.decode([i for i in ids if i < self.music_offset], skip_special_tokens=True).strip()

    # -- music ---------------------------------------------------------------------------------------------------

    def quantize(self, score: symusic.Score) -> symusic.Score:
        """What encoding keeps of a score, see `EventVocabulary.quantize`."""
        return self.events.quantize(score)

    def merge(self, event_ids: Sequence[Sequence[int] | np.ndarray]) -> list[list[int]]:
        """Event ids to joint ids, for a batch of sequences."""
        offset = self.music_offset
        encoded = self.merges.encode_batch([_as_text(ids) for ids in event_ids])
        return [[offset + i for i in item.ids] for item in encoded]

    def transposed(self, event_ids: Sequence[int] | np.ndarray, semitones: int) -> np.ndarray:
        """Event ids with every pitch moved by -11 … 11 semitones, drums untouched."""
        if semitones not in self._pitch_shifts:
            self._pitch_shifts[semitones] = pitch_shift(self.base_events, semitones)
        return self._pitch_shifts[semitones][np.asarray(event_ids)]

    @cached_property
    def _pitch_shifts(self) -> dict[int, np.ndarray]:
        return {}

    def encode_score(self, score: symusic.Score, max_length: int | None = None) -> EncodedScore:
        """A score as joint ids, cut on a bar line where it would exceed ``max_length`` ids.

        Raises:
            ValueError: If the score has no note, or its first bar alone exceeds ``max_length``.
        """
        (ids,) = self.merge([self.events.encode(score)])
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
        return self.events.decode(event for id_ in ids if 0 <= id_ < len(table) for event in table[id_])


def _music_token_names(merges: Tokenizer, names: Sequence[str]) -> list[str]:
    """The joint vocabulary's name of every event and merge, in the order of the merges' ids."""
    events = {_as_text([i]): name for i, name in enumerate(names)}
    pieces = sorted(merges.get_vocab().items(), key=lambda item: item[1])
    return [_MUSIC_PREFIX + "+".join(events[char] for char in piece) + _MUSIC_SUFFIX for piece, _ in pieces]


def _as_text(event_ids: Sequence[int] | np.ndarray) -> str:
    """Event ids as private-use characters, one each."""
    return (np.asarray(event_ids, dtype="<u2") + np.uint16(_EVENT_CHAR)).tobytes().decode("utf-16-le")


__all__ = ["EMBED", "TASKS", "EncodedScore", "MidiTextTokenizer"]
