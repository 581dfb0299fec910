"""Rules + template: the composer that a learned model must beat.

It reads the prompt with our own reader, never its gold, and fills a template: the asked progression (or I–vi–IV–V of
the key), one chord a bar, over and over; a bass on the root and fifth, held chords, a tune that walks from chord tone
to neighbour, and a plain beat. Tempo, metre, key, instruments, number of bars and form are as read, with usual values
where nothing was: 4/4, 100 BPM, C major, piano, 16 bars, or 8 for each letter of a form. A letter that returns brings
its section again, note for note; another letter has another tune, begins elsewhere in the progression and is played in
another `_Manner`: new notes over the old accompaniment are no new section to any listener.

It holds every fact that it understands and has no taste: what it scores in adherence is what reading alone is worth,
and what it scores in musicality is what a rule is worth.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import symusic
from symusic.core import ScoreTick

from ..ask_midi_text import Ask
from ..facts.chord import Chord
from ..key_midi_text import Key
from ..prompt_midi_text import read_prompt
from ..vocabulary_midi_text import DRUMS, FAMILIES

TICKS = 480  # in a quarter note
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_USUAL = {"major": "I vi IV V", "minor": "i VI iv V"}
_BASSES = (*range(32, 40), 43, 57, 58, 70)  # programs that play the bass where there are several
_KICK, _SNARE, _HAT = 36, 38, 42
_TEMPO_LIMITS = (20.0, 300.0)


@dataclass(frozen=True)
class _Manner:
    """How the sections of a letter are played: the pace (`_times`) of every part, the tune's octave, the first chord.

    Parts of different manners begin their notes at different places, so that nothing of one is heard in another.
    """

    tune: str
    octave: int
    held: str
    bass: str
    beat: str
    first_chord: int


_MANNERS = (
    _Manner("beats", 0, "bar", "halves", "beats", 0),
    _Manner("half beats", 1, "off beats", "beats", "half beats", 2),
    _Manner("halves", -1, "after beats", "bar", "halves", 1),
)


@dataclass(frozen=True)
class _Bar:
    """A bar of the plan: its chord, its section's letter and its place in that section, from 0."""

    chord: Chord
    letter: str
    place: int

    @property
    def manner(self) -> _Manner:
        """A fourth letter is played as the first."""
        return _MANNERS[(ord(self.letter) - ord("A")) % len(_MANNERS)]


@dataclass(frozen=True)
class _Plan:
    """What is written."""

    key: Key
    beats: int
    beat: int  # ticks
    bars: tuple[_Bar, ...]

    @property
    def bar(self) -> int:
        """Ticks."""
        return self.beats * self.beat


def compose_by_rule(prompt: str, rng: random.Random) -> ScoreTick:
    """A piece for a prompt, by rule.

    Args:
        prompt: The words.
        rng: Chooses the steps of the tune.
    """
    ask = read_prompt(prompt)
    numerator, denominator = ask.time_signature or (4, 4)
    tempo = min(max(sum(ask.tempo_bpm) / 2, _TEMPO_LIMITS[0]), _TEMPO_LIMITS[1]) if ask.tempo_bpm else 100.0
    plan = _plan(ask, numerator, 4 * TICKS // denominator, tempo)
    score = symusic.Score(TICKS)
    score.tempos.append(symusic.Tempo(0, tempo))
    score.time_signatures.append(symusic.TimeSignature(0, numerator, denominator))
    programs = _programs(ask)
    pitched = [program for program in programs if program != DRUMS]
    roles = dict(zip(sorted(pitched, key=lambda program: program not in _BASSES), ("bass",), strict=False))
    for program in programs:
        track = symusic.Track(program=0 if program == DRUMS else program, is_drum=program == DRUMS)
        alone = len(pitched) == 1
        if program == DRUMS:
            _beat(track, plan)
        elif alone or roles.get(program) == "bass":
            _bass(track, plan)
        if program != DRUMS and (alone or program not in roles):
            first = alone or program == next(p for p in pitched if p not in roles)
            _tune(track, plan, rng) if first else _held(track, plan)
        if program != DRUMS and alone:
            _held(track, plan)
        score.tracks.append(track)
    return score


def _plan(ask: Ask, beats: int, beat: int, tempo: float) -> _Plan:
    key = ask.key or Key(9 if ask.mode == "minor" else 0, ask.mode or "major")
    progression: Sequence[Chord] = ask.chords
    if not progression:
        progression = tuple(Chord.from_roman(n, key) for n in ask.roman or _USUAL[key.mode].split())
    form = ask.form or "A"
    bars = 16 if form == "A" else 8 * len(form)
    if ask.bars:
        bars = max(ask.bars[0], min(ask.bars[1], bars))
    elif ask.duration_seconds:
        seconds_a_bar = beats * beat / TICKS * 60 / tempo
        bars = max(round(sum(ask.duration_seconds) / 2 / seconds_a_bar), 1)
    lengths = _lengths(bars, len(form))
    planned = [bar for letter, n in zip(form, lengths, strict=True) for bar in _section(progression, letter, n, form)]
    if ask.key and not ask.chords:
        planned[-1] = replace(planned[-1], chord=Chord.from_roman("I" if key.mode == "major" else "i", key))
    return _Plan(key, beats, beat, tuple(planned))


def _lengths(bars: int, sections: int) -> list[int]:
    """Bars of each section: all alike, and the last as much longer as it must be, below the 4 bars of a new one."""
    length, more = divmod(bars, sections)
    extra = max(more - 3, 0)
    return [length + (place < extra) + (place == sections - 1) * (more - extra) for place in range(sections)]


def _section(progression: Sequence[Chord], letter: str, bars: int, form: str) -> Iterator[_Bar]:
    """One chord a bar; in a form every other round runs backwards, or the halves of a section would be sections."""
    size = len(progression)
    for place in range(bars):
        bar = _Bar(progression[0], letter, place)
        step = -1 - place if len(form) > 1 and place // size % 2 else place
        yield replace(bar, chord=progression[(bar.manner.first_chord + step) % size])


def _programs(ask: Ask) -> tuple[int, ...]:
    unwanted = {*ask.excluded_programs}.union(*(FAMILIES[name].programs for name in ask.excluded_families))
    asked = [*ask.programs, *(p for name in ask.families for p in FAMILIES[name].default)]
    wanted = [program for program in dict.fromkeys(asked) if program not in unwanted]
    return tuple(wanted) or tuple(p for p in (0, 48, 73, 24) if p not in unwanted)[:1]


def _times(plan: _Plan, pace: str) -> list[tuple[int, int]]:
    """Where the notes of a bar begin and how long they last, ticks."""
    halves = (0, plan.beats // 2) if plan.beats > 1 else (0,)
    beats = {"bar": (0,), "halves": halves}.get(pace, range(plan.beats))
    starts = [beat * plan.beat for beat in beats]
    if pace == "half beats":
        starts = [start + half for start in starts for half in (0, plan.beat // 2)]
    elif pace == "off beats":
        starts = [start + plan.beat // 2 for start in starts]
    elif pace == "after beats":
        starts = starts[1:] or [plan.beat // 2]
    ends = [*starts[1:], plan.beats * plan.beat]
    return [(start, end - start) for start, end in zip(starts, ends, strict=True)]


def _bass(track: symusic.Track, plan: _Plan) -> None:
    for number, bar in enumerate(plan.bars):
        for turn, (start, length) in enumerate(_times(plan, bar.manner.bass)):
            tone = bar.chord.bass if turn % 2 == 0 or len(bar.chord.tones) < 3 else bar.chord.tones[2]
            track.notes.append(symusic.Note(number * plan.bar + start, length, 36 + tone, 80))


def _held(track: symusic.Track, plan: _Plan) -> None:
    for number, bar in enumerate(plan.bars):
        for start, length in _times(plan, bar.manner.held):
            for tone in bar.chord.tones:
                track.notes.append(symusic.Note(number * plan.bar + start, length, 55 + (tone - 7) % 12, 64))


def _tune(track: symusic.Track, plan: _Plan, rng: random.Random) -> None:
    """Chord tones on the first beat of a bar, steps of the scale between; the same again where a letter returns."""
    scale = [p for p in range(60, 85) if (p - plan.key.tonic) % 12 in _SCALES[plan.key.mode]]
    known: dict[tuple[str, int], list[int]] = {}
    pitch = 72
    for number, bar in enumerate(plan.bars):
        times = _times(plan, bar.manner.tune)
        if (bar.letter, bar.place) not in known:
            known[bar.letter, bar.place] = [rng.choice((-2, -1, -1, 1, 1, 2)) for _ in times]
        for turn, (start, length) in enumerate(times):
            if turn == 0:
                tones = [p for p in range(62, 82) if p % 12 in bar.chord.pitch_classes]
                pitch = min(tones, key=lambda p: abs(p - (pitch if bar.place else 72)))
            else:
                nearest = min(range(len(scale)), key=lambda i: abs(scale[i] - pitch))
                pitch = scale[min(max(nearest + known[bar.letter, bar.place][turn], 0), len(scale) - 1)]
            sounding = pitch + 12 * bar.manner.octave
            track.notes.append(symusic.Note(number * plan.bar + start, length, sounding, 90))


def _beat(track: symusic.Track, plan: _Plan) -> None:
    for number, bar in enumerate(plan.bars):
        for start, _ in _times(plan, bar.manner.beat):
            track.notes.append(symusic.Note(number * plan.bar + start, plan.beat // 2, _HAT, 70))
        for place in range(plan.beats):
            start = number * plan.bar + place * plan.beat
            if place % 2 == 0:
                track.notes.append(symusic.Note(start, plan.beat // 2, _KICK, 90))
            elif plan.beats % 2 == 0 or place == plan.beats - 1:
                track.notes.append(symusic.Note(start, plan.beat // 2, _SNARE, 85))
