"""Rules + template: the composer that a learned model must beat.

It reads the prompt with our own reader, never its gold, and fills a template: the asked progression (or I–vi–IV–V of
the key), one chord a bar, over and over; a bass on the root and fifth, held chords, a tune that walks from chord tone
to neighbour, and a plain beat. Tempo, metre, key, instruments, number of bars and form are as read, with usual values
where nothing was: 4/4, 100 BPM, C major, piano, 16 bars. In a form a letter that returns brings its tune again.

It holds every fact that it understands and has no taste: what it scores in adherence is what reading alone is worth,
and what it scores in musicality is what a rule is worth.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

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
class _Plan:
    """What is written: one chord a bar, one letter a bar."""

    key: Key
    beats: int
    beat: int  # ticks
    chords: tuple[Chord, ...]
    letters: str


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
    for place, program in enumerate(programs):
        track = symusic.Track(program=0 if program == DRUMS else program, is_drum=program == DRUMS)
        alone = len(pitched) == 1
        if program == DRUMS:
            _beat(track, plan)
        elif alone or roles.get(program) == "bass":
            _bass(track, plan)
        if program != DRUMS and (alone or program not in roles):
            first = alone or program == next(p for p in pitched if p not in roles)
            (_tune if first else _held)(track, plan, rng, place)
        if program != DRUMS and alone:
            _held(track, plan, rng, place)
        score.tracks.append(track)
    return score


def _plan(ask: Ask, beats: int, beat: int, tempo: float) -> _Plan:
    key = ask.key or Key(9 if ask.mode == "minor" else 0, ask.mode or "major")
    progression: Sequence[Chord] = ask.chords
    if not progression:
        progression = tuple(Chord.from_roman(n, key) for n in ask.roman or _USUAL[key.mode].split())
    bars = 16
    if ask.bars:
        bars = max(ask.bars[0], min(ask.bars[1], 16))
    elif ask.duration_seconds:
        seconds_a_bar = beats * beat / TICKS * 60 / tempo
        bars = max(round(sum(ask.duration_seconds) / 2 / seconds_a_bar), 1)
    form = ask.form or "A"
    letters = "".join(form[min(bar * len(form) // bars, len(form) - 1)] for bar in range(bars))
    chords = [progression[bar % len(progression)] for bar in range(bars)]
    if ask.key and not ask.chords:
        chords[-1] = Chord.from_roman("I" if key.mode == "major" else "i", key)
    return _Plan(key, beats, beat, tuple(chords), letters)


def _programs(ask: Ask) -> tuple[int, ...]:
    unwanted = {*ask.excluded_programs}.union(*(FAMILIES[name].programs for name in ask.excluded_families))
    asked = [*ask.programs, *(p for name in ask.families for p in FAMILIES[name].default)]
    wanted = [program for program in dict.fromkeys(asked) if program not in unwanted]
    return tuple(wanted) or tuple(p for p in (0, 48, 73, 24) if p not in unwanted)[:1]


def _bass(track: symusic.Track, plan: _Plan) -> None:
    for bar, chord in enumerate(plan.chords):
        for half in range(2 if plan.beats > 1 else 1):
            first = half * (plan.beats // 2)
            length = (plan.beats - plan.beats // 2 if half else plan.beats // 2) or plan.beats
            tone = chord.bass if half == 0 or len(chord.tones) < 3 else chord.tones[2]
            start = (bar * plan.beats + first) * plan.beat
            track.notes.append(symusic.Note(start, length * plan.beat, 36 + tone, 80))


def _held(track: symusic.Track, plan: _Plan, rng: random.Random, place: int) -> None:
    for bar, chord in enumerate(plan.chords):
        for tone in chord.tones:
            start = bar * plan.beats * plan.beat
            track.notes.append(symusic.Note(start, plan.beats * plan.beat, 55 + (tone - 7) % 12, 64))


def _tune(track: symusic.Track, plan: _Plan, rng: random.Random, place: int) -> None:
    """Chord tones on the first beat of a bar, steps of the scale between; the same again where a letter returns."""
    scale = [p for p in range(60, 85) if (p - plan.key.tonic) % 12 in _SCALES[plan.key.mode]]
    known: dict[tuple[str, int], list[int]] = {}
    began = 0
    pitch = 72
    for bar, (chord, letter) in enumerate(zip(plan.chords, plan.letters, strict=True)):
        if bar and letter != plan.letters[bar - 1]:
            began = bar
        steps = known.setdefault((letter, bar - began), [rng.choice((-2, -1, -1, 1, 1, 2)) for _ in range(plan.beats)])
        for beat in range(plan.beats):
            if beat == 0:
                pitch = min((p for p in range(62, 82) if p % 12 in chord.pitch_classes), key=lambda p: abs(p - pitch))
            else:
                nearest = min(range(len(scale)), key=lambda i: abs(scale[i] - pitch))
                pitch = scale[min(max(nearest + steps[beat], 0), len(scale) - 1)]
            track.notes.append(symusic.Note((bar * plan.beats + beat) * plan.beat, plan.beat, pitch, 90))


def _beat(track: symusic.Track, plan: _Plan) -> None:
    for beat in range(len(plan.chords) * plan.beats):
        start, place = beat * plan.beat, beat % plan.beats
        track.notes.append(symusic.Note(start, plan.beat // 2, _HAT, 70))
        if place % 2 == 0:
            track.notes.append(symusic.Note(start, plan.beat // 2, _KICK, 90))
        elif plan.beats % 2 == 0 or place == plan.beats - 1:
            track.notes.append(symusic.Note(start, plan.beat // 2, _SNARE, 85))
