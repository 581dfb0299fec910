"""What the tasks ask: a built row becomes what the model reads and what it should write.

Music is transposed at random and its words move with it, and words are written anew each time a row is met, so that
no caption is learned by heart; only what people wrote about a piece is taken as it is, and the piece with it as it is.
One prompt in ten is empty: the model also learns music without being told anything; and words and sketch (`sketch`)
each tell only a part, so that the model learns to hear either.

Most of what a prompt decides (metre, tempo, instruments, the first notes' key) stands in the first few dozen tokens,
and everything after can be guessed from them. ``opening`` is ``compose`` of that beginning alone: many prompts for the
price of one piece, so that the decoder learns early to listen to the encoder. ``untold`` is ``compose`` without a
prompt, for validation: how much worse it does tells how much the prompt is heard. Some music is in `disguise`, and can
only be written, or described, by who reads. Music to describe comes with what was `measured` of it, in words;
``retell`` is ``caption`` of these words alone, without the music and what only it tells: the opening of captions. It
tells more than captions do of what a model finds hard to copy: numbers of bars, forms, chords, traits; and much of it
is `invented`, now and then beside music, too: a long piece is measured whole, and only its beginning is read. What
nobody can hear (who wrote it, when, its title) no caption says.

The tasks that change music (``continue``, ``infill``, ``vary``, ``refine``; see ``masking``) have words half the time.
``refine`` is taken of music that was played with dynamics or a free beat; other rows give an ``infill`` instead. How
loud a piece is stands in its first notes, from which all others can be guessed: ``touch`` is ``refine`` of a few bars.

``contrast`` (see there) sets the words of a piece, a caption or a prompt, beside its music: two sources, no target.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..changes_midi_text import CHANGES as CHANGES
from ..data.batches import Example, Row
from ..data.captions import compose_text, write_caption, write_prompt
from ..data.words.labels import UNHEARD
from ..data.words.plans import SHORT_PLANS
from ..embedding_midi_text import MUSIC_IDS
from ..facts.analysis import Analysis
from ..facts_midi_text import MusicFacts
from ..masks_midi_text import column_reader
from ..measured_midi_text import measured_words
from ..sketch_midi_text import Sketch, sketch_of, thinned
from ..tokenization_midi_text import EMBED, MidiTextTokenizer
from .contrast import CONTRAST, PAIR_EVENTS
from .disguise import Disguise
from .invented import invented
from .masking import Pair, draw_infill, draw_vary, masked_pair, refine_pair, whole_target

EMPTY_PROMPTS = 0.1
WORDLESS = 0.4  # and so many come with a sketch alone
DISGUISED = {"words": 0.25, "sketch": 0.3, "caption": 0.3}  # shares of prompts with words, without, and of captions
UNMEASURED = 0.1  # of the captions are written from the notes alone
SHORT = 0.5  # of the retellings are short notes: fact after fact, few words between
INVENTED = {"retell": 0.6, "caption": 0.2}  # shares of them that tell of music that nobody wrote
TRIED = (2, 4)  # so many retellings are written, and the one taken that says the most about what is hard to copy
EASY = {"tempo_bpm", "tempo_word", "key", "time_signature", "program", "family"}  # learned early: most captions say it
GIVEN_WORDS = 0.5  # how often a piece that people described comes with their words
TRANSPOSITIONS = range(-5, 7)
OPENING_TOKENS = 48
_BRIEF = 4 * OPENING_TOKENS  # a prompt is read, too
CAPS = {"opening": _BRIEF, "retell": _BRIEF, "touch": _BRIEF, CONTRAST: PAIR_EVENTS}
_CHANGING = (*CHANGES, "touch")
TASKS = ("compose", "opening", "untold", "caption", "retell", *_CHANGING, CONTRAST)
PLAYED = ("refine", "touch")  # tasks that need music with dynamics
CHANGE_PROMPTS = 0.5  # how often a task that changes music is told something


def make_example(
    tokenizer: MidiTextTokenizer,
    row: Row,
    task: str,
    rng: random.Random,
    augment: bool = True,
    sketches: bool = True,
) -> Example:
    """One example of a task.

    Args:
        tokenizer: Of the run.
        row: The built row.
        task: One of ``TASKS``.
        rng: Draws transposition and words.
        augment: Whether to transpose and to leave prompts empty; off for validation.
        sketches: Whether the model is shown sketches behind the words, and measurements before the music.

    Raises:
        ValueError: If the task is not one of these.
    """
    facts, analysis, events = row.facts, row.analysis, row.events
    given = _given_words(row, rng)
    if augment and not given and facts.lowest_pitch is not None and facts.highest_pitch is not None:
        semitones = rng.choice(TRANSPOSITIONS)
        if facts.lowest_pitch + semitones >= 0 and facts.highest_pitch + semitones <= 127:
            facts, analysis = facts.transposed(semitones), analysis.transposed(semitones)
            events = tokenizer.transposed(events, semitones)
    if task in _CHANGING:
        told = rng.random() < CHANGE_PROMPTS
        text = (given or write_prompt(facts, row.labels, rng, analysis=analysis)) if told else ""
        return _change(tokenizer, events, task, text, rng)
    end = tokenizer.eos_token_id
    heard = _Music(events, facts, analysis, row.labels)
    if task == "caption":
        return _caption(tokenizer, heard, given, rng, augment, sketches)
    if task == "retell":
        return _retelling(tokenizer, heard, rng, augment)
    if task == CONTRAST:
        (music,) = tokenizer.merge([events])
        write = rng.choice((write_caption, write_prompt))
        text = given or write(facts, row.labels, rng, analysis=analysis)
        return Example(
            tokenizer.prompt_ids(EMBED, text), tokenizer.prompt_ids(EMBED, music=music[:MUSIC_IDS]), facts.notes
        )
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}; got {task!r}")
    silent = task == "untold" or (augment and rng.random() < EMPTY_PROMPTS)
    wordless = silent or (augment and sketches and rng.random() < WORDLESS)
    given = "" if wordless else given
    sketch = Sketch() if silent or not sketches else thinned(sketch_of(facts, analysis), rng)
    if augment and not given and rng.random() < DISGUISED["sketch" if wordless else "words"]:
        disguise = Disguise.draw(sketch, heard.facts, rng)
        heard, sketch = heard.disguised(tokenizer, disguise), disguise.sketch(sketch)
    text = "" if wordless else given or write_prompt(heard.facts, heard.labels, rng, analysis=heard.analysis)
    (music,) = tokenizer.merge([heard.events])
    source = tokenizer.prompt_ids("compose", text, tokenizer.event_ids(sketch.events))
    target = [*music, end][:OPENING_TOKENS] if task == "opening" else [*music, end]
    return Example(source, target, facts.notes)


class _Music(NamedTuple):
    """A row's music and what can be said of it."""

    events: np.ndarray
    facts: MusicFacts
    analysis: Analysis
    labels: Mapping[str, Any]

    def disguised(self, tokenizer: MidiTextTokenizer, disguise: Disguise) -> _Music:
        """The same in disguise, of which people have said nothing; itself, where the disguise changes nothing."""
        if disguise.tempo_bpm is None and not disguise.programs:
            return self
        events = disguise.events(tokenizer.base_events, self.events)
        return _Music(events, disguise.facts(self.facts), disguise.analysis(self.analysis), {})

    def maybe_disguised(self, tokenizer: MidiTextTokenizer, rng: random.Random) -> _Music:
        """The music of a caption: now and then in disguise."""
        if rng.random() >= DISGUISED["caption"]:
            return self
        return self.disguised(tokenizer, Disguise.draw(sketch_of(self.facts, self.analysis), self.facts, rng))

    def maybe_invented(self, task: str, rng: random.Random) -> _Music:
        """What a caption is to believe: now and then not what the notes say."""
        if rng.random() >= INVENTED[task]:
            return self
        return _Music(self.events, *invented(self.facts, self.analysis, rng), {})


def _caption(
    tokenizer: MidiTextTokenizer, heard: _Music, given: str, rng: random.Random, augment: bool, sketches: bool
) -> Example:
    """Music with its measurements, and a caption of it: the given one, if there is one."""
    told = sketches and not (augment and rng.random() < UNMEASURED)
    if augment and not given:
        heard = heard.maybe_disguised(tokenizer, rng)
        heard = heard.maybe_invented("caption", rng) if told else heard
    (music,) = tokenizer.merge([heard.events])
    source = tokenizer.prompt_ids("caption", measured_words(heard.facts, heard.analysis) if told else "", music)
    labels = {name: value for name, value in heard.labels.items() if name not in UNHEARD}
    words = given or write_caption(heard.facts, labels, rng, analysis=heard.analysis)
    return Example(source, [*tokenizer.encode_text(words), tokenizer.eos_token_id], heard.facts.notes)


def _retelling(tokenizer: MidiTextTokenizer, heard: _Music, rng: random.Random, augment: bool) -> Example:
    """The measurements alone, and a caption that says no more than they do."""
    if augment:
        heard = heard.maybe_disguised(tokenizer, rng).maybe_invented("retell", rng)
    facts, analysis = heard.facts, heard.analysis
    source = tokenizer.prompt_ids("caption", measured_words(facts, analysis))
    plan = rng.choice(SHORT_PLANS) if rng.random() < SHORT else None
    tries = range(rng.choice(TRIED))
    written = [compose_text(facts, {}, rng, analysis=analysis, plan=plan) for _ in tries]
    words = max(written, key=lambda each: sum(fact not in EASY for fact, _ in each.stated) / len(each.text)).text
    return Example(source, [*tokenizer.encode_text(words), tokenizer.eos_token_id], facts.notes)


def _change(tokenizer: MidiTextTokenizer, events: np.ndarray, task: str, text: str, rng: random.Random) -> Example:
    """An example of a task that changes music."""
    columns, words = column_reader(tokenizer).read(events), tokenizer.encode_text(text)
    pair: Pair | None = None
    if task == "continue":
        pair = whole_target(tokenizer, columns, events, rng)
    elif task in PLAYED:
        pair = refine_pair(tokenizer, columns, len(words), rng, few=task == "touch")
        task = "refine" if pair else "infill"
    if pair is None:
        mask = (draw_vary if task == "vary" else draw_infill)(columns, rng)
        pair = masked_pair(tokenizer, columns, mask, len(words), rng)
    source = tokenizer.prompt_ids(task, music=pair.music)
    source[1:1] = words
    return Example(source, [*pair.target, tokenizer.eos_token_id], pair.notes, pair.given)


def _given_words(row: Row, rng: random.Random) -> str:
    """A caption that came with the source; empty where there is none, and now and then all the same."""
    captions = row.labels.get("captions")
    return str(rng.choice(captions)) if captions and rng.random() < GIVEN_WORDS else ""
