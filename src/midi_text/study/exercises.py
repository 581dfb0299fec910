"""Exercises: short pieces for a student that are what was asked, because they are measured before they are given.

A sentence is read as any prompt is; hand and level are read beside it. An exercise is drawn from what method books are
made of: four-bar phrases over I, IV, V and their kin, a melody that moves by step and leans on chord notes where the
beat is strong, rhythm cells of the kind that is practised, left-hand figures. Each draw is measured, and only one that
meets every wish is handed out; where none does, the error names the wish.

Levels: *easy* stays in a hand's five notes and moves by step, *intermediate* in an octave and a half with small leaps,
*hard* in two octaves with leaps, smaller values and more speed; where a level is asked, the range and speed of a hand
must lie within `_LEVEL_LIMITS`. A hand that is asked alone stays in its half of the keyboard.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from symusic.core import NoteTick, ScoreTick, TempoTick, TimeSignatureTick, TrackTick

from ..agreement_midi_text import Agreement, agreement
from ..facts.analysis import Analysis, analyze
from ..facts_midi_text import MusicFacts, measure_facts
from ..key_midi_text import Key
from ..prompt_midi_text import Ask, read_prompt
from ..score_midi_text import read_score

TICKS = 480
ATTEMPTS = 60
_LEVELS = {
    "easy": r"easy|easier|simple|beginners?|first lessons?",
    "intermediate": r"intermediate|medium|moderate(?:ly difficult)?",
    "hard": r"hard|difficult|advanced|virtuos\w*|challenging",
}
# Semitones that one hand ranges over, and its notes a second: lowest and highest of each.
_LEVEL_LIMITS = {"easy": ((0, 9), (0, 3.5)), "intermediate": ((6, 21), (0.8, 6)), "hard": ((12, 60), (2.2, 20))}
_HANDS = {
    "both": r"both hands|hands together|two hands|two-handed",
    "left": r"left[- ]hand(?:ed)?|l\.?h\.?\b",
    "right": r"right[- ]hand(?:ed)?|r\.?h\.?\b",
}
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_PHRASES = ((0, 3, 4, 0), (0, 4, 4, 0), (0, 5, 3, 4), (0, 0, 3, 4), (0, 3, 1, 4))  # degrees of a phrase's chords
_CLOSE = (0, 3, 4, 0)
# Rhythm cells in quarter notes; simple metres fill beats of a quarter, compound ones beats of a dotted quarter.
_SIMPLE: dict[str, tuple[tuple[float, ...], ...]] = {
    "plain": ((1,), (0.5, 0.5), (1, 1), (2,)),
    "dotted rhythms": ((0.75, 0.25), (0.75, 0.25), (1.5, 0.5), (1,)),
    "triplets": ((1 / 3, 1 / 3, 1 / 3), (1 / 3, 1 / 3, 1 / 3), (1,)),
    "syncopated": ((0.5, 1, 0.5), (0.5, 1, 0.5), (0.5, 1, 1, 0.5)),
    "swing": ((2 / 3, 1 / 3),),
    "steady eighths": ((0.5, 0.5),),
    "steady sixteenths": ((0.25, 0.25, 0.25, 0.25),),
    "on the beat": ((1,), (2,), (1,)),
    "tresillo": ((1.5, 1.5, 1),),
    "habanera": ((0.75, 0.25, 0.5, 0.5),),
}
_COMPOUND: dict[str, tuple[tuple[float, ...], ...]] = {
    "plain": ((1.5,), (1, 0.5), (0.5, 0.5, 0.5)),
    "siciliano": ((0.75, 0.25, 0.5),),
    "steady eighths": ((0.5, 0.5, 0.5),),
    "dotted rhythms": ((0.75, 0.25, 0.5), (0.75, 0.25, 0.5), (1.5,)),
    "steady sixteenths": ((0.25,) * 6,),
    "syncopated": ((0.5, 1), (0.5, 1), (0.25, 0.5, 0.5, 0.25)),
}
_FIGURES = ("Alberti bass", "block chords", "broken chords", "oom-pah", "oom-pah-pah", "walking bass")
_MADE = frozenset((*_SIMPLE, *_COMPOUND, *_FIGURES, "octave doubling", "parallel thirds")) - {"plain"}


@dataclass(frozen=True)
class Exercise:
    """An exercise and the proof that it is what was asked.

    Attributes:
        prompt: The words.
        score: The music, 480 ticks a quarter.
        hand: "left", "right" or "both".
        level: "easy", "intermediate" or "hard".
        facts: Measured on the music.
        analysis: Likewise.
        agreement: Asked, measured, met: every row is met.
    """

    prompt: str
    score: ScoreTick
    hand: str
    level: str
    facts: MusicFacts
    analysis: Analysis
    agreement: tuple[Agreement, ...]


def write_exercise(prompt: str, seed: int = 0) -> Exercise:
    """Writes an exercise, for piano unless the prompt names another instrument.

    Args:
        prompt: Such as "dotted rhythms in G major, left hand, easy".
        seed: The same prompt and seed give the same exercise.

    Raises:
        ValueError: If the prompt is empty, or asks for what no exercise of this kind can be.
    """
    if not prompt.strip():
        raise ValueError("an exercise needs words, such as 'dotted rhythms in G major, left hand, easy'; got none")
    ask = read_prompt(prompt)
    plan = _plan(prompt, ask)
    wanted = replace(ask, traits=tuple(trait for trait in ask.traits if trait in _MADE))
    best: tuple[Agreement, ...] = ()
    for attempt in range(ATTEMPTS):
        rng = random.Random(f"{seed}:{attempt}:{prompt}")
        score = read_score(_Writer(plan, rng).score()).score
        facts = measure_facts(score)
        analysis = analyze(score, facts)
        rows = agreement(wanted, facts, analysis)
        if _first(_LEVELS, prompt):
            rows += (_level_row(score, facts, plan.level),)
        if _first(_HANDS, prompt):
            rows += (_hand_row(score, plan.hand),)
        if all(row.met for row in rows):
            return Exercise(prompt, score, plan.hand, plan.level, facts, analysis, rows)
        if not best or sum(row.met for row in rows) > sum(row.met for row in best):
            best = rows
    unmet = "; ".join(f"{row.fact} {row.asked} (came out as {row.measured})" for row in best if not row.met)
    raise ValueError(f"no exercise could be written that meets every wish; unmet: {unmet}. Ask for less at once")


def _level_row(score: ScoreTick, facts: MusicFacts, level: str) -> Agreement:
    """What the busiest hand does, beside what the level allows."""
    ranges, speeds = [], []
    for track in score.tracks:
        pitch = track.notes.numpy()["pitch"].astype(int)
        ranges.append(int(pitch.max() - pitch.min()))
        speeds.append(len(np.unique(track.notes.numpy()["time"])) / facts.duration_seconds)
    (narrow, wide), (slow, fast) = _LEVEL_LIMITS[level]
    reach, speed = ranges[0], max(speeds)
    met = narrow <= reach <= wide and slow <= speed <= fast
    return Agreement("level", level, f"{reach} semitones, {speed:.1f} onsets a second", met)


def _hand_row(score: ScoreTick, hand: str) -> Agreement:
    """Where the notes of each hand lie; a hand alone keeps to its half, with a little room past middle C."""
    pitches = [track.notes.numpy()["pitch"] for track in score.tracks]
    low, high = min(int(p.min()) for p in pitches), max(int(p.max()) for p in pitches)
    met = {"left": high <= 69, "right": low >= 55, "both": len(pitches) == 2}[hand]
    return Agreement("hand", hand, f"pitches {low} to {high} on {len(pitches)} staves", met)


@dataclass(frozen=True)
class _Plan:
    """What a draw holds to; `traits` are those that the exercise is about."""

    key: Key
    metre: tuple[int, int]
    tempo_bpm: float
    bars: int
    program: int
    hand: str
    level: str
    traits: tuple[str, ...]
    subject: str

    @property
    def bar_quarters(self) -> float:
        return 4 * self.metre[0] / self.metre[1]

    @property
    def compound(self) -> bool:
        return self.metre[1] == 8 and self.metre[0] % 3 == 0


def _first(table: dict[str, str], prompt: str) -> str | None:
    """The first name of a table whose words are in the prompt."""
    return next((name for name, words in table.items() if re.search(rf"\b(?:{words})", prompt.lower())), None)


def _plan(prompt: str, ask: Ask) -> _Plan:
    traits = tuple(trait for trait in ask.traits if trait in _MADE)
    metre = ask.time_signature or ((6, 8) if "siciliano" in traits else (3, 4) if "oom-pah-pah" in traits else (4, 4))
    if "habanera" in traits and ask.time_signature is None:
        metre = (2, 4)
    figure = next((trait for trait in traits if trait in _FIGURES), None)
    hand = _first(_HANDS, prompt) or ("both" if figure else "right")
    level = _first(_LEVELS, prompt) or "easy"
    middle = {"easy": 72.0, "intermediate": 92.0, "hard": 126.0}[level]
    low_bpm, high_bpm = ask.tempo_bpm or (middle, middle)
    bars = 8 if ask.bars is None else min(max(8, ask.bars[0]), ask.bars[1])
    if ask.bars is None and ask.duration_seconds is not None:
        seconds = sum(ask.duration_seconds) / 2
        bars = max(1, round(seconds * (low_bpm + high_bpm) / 2 / 60 / (4 * metre[0] / metre[1])))
    return _Plan(
        key=ask.key or Key(0, ask.mode or "major"),
        metre=metre,
        tempo_bpm=float(round((low_bpm + high_bpm) / 2)),
        bars=bars,
        program=next(iter(ask.programs), 0),
        hand=hand,
        level=level,
        traits=traits,
        subject=next((w for w in ("scale", "arpeggio", "third", "octave") if w in prompt.lower()), ""),
    )


class _Writer:
    """One draw."""

    def __init__(self, plan: _Plan, rng: random.Random):
        self.plan, self.rng = plan, rng
        self.chords = self._chords()

    def score(self) -> ScoreTick:
        """The music as a score of one track a hand."""
        plan = self.plan
        score = ScoreTick(TICKS)
        score.tempos.append(TempoTick(0, qpm=plan.tempo_bpm))
        score.time_signatures.append(TimeSignatureTick(0, *plan.metre))
        figure = next((trait for trait in plan.traits if trait in _FIGURES), None)
        hands: list[Callable[[], list[NoteTick]]] = []
        if plan.hand in ("right", "both"):
            hands.append(lambda: self._melody(top=True))
        if plan.hand == "both":
            hands.append(lambda: self._figure(figure or "block chords"))
        elif figure is not None:
            hands = [lambda: self._figure(figure)]
        elif plan.hand == "left":
            hands.append(lambda: self._melody(top=False))
        for hand in hands:
            track = TrackTick("", plan.program, False)
            for note in hand():
                track.notes.append(note)
            score.tracks.append(track)
        return score

    # -- harmony

    def _chords(self) -> list[int]:
        """The degree of each bar's chord; the last phrase closes on the tonic."""
        chords: list[int] = []
        while len(chords) < self.plan.bars:
            chords += self.rng.choice(_PHRASES)
        chords = chords[: self.plan.bars]
        close = _CLOSE[-min(4, len(chords)) :]
        return chords[: len(chords) - len(close)] + list(close)

    def _pitch(self, step: int, base: int) -> int:
        """The pitch so many scale steps above the tonic at or above `base`; the leading note is raised over V."""
        scale = _SCALES[self.plan.key.mode]
        octave, degree = divmod(step, 7)
        tonic = base + (self.plan.key.tonic - base) % 12
        return tonic + 12 * octave + scale[degree]

    def _chord(self, bar: int, base: int) -> list[int]:
        """The triad of a bar in close position from its root upwards."""
        degree = self.chords[bar]
        pitches = [self._pitch(degree + step, base) for step in (0, 2, 4)]
        if self.plan.key.mode == "minor" and degree == 4:
            pitches[1] += 1
        return pitches

    # -- melody

    def _melody(self, top: bool) -> list[NoteTick]:
        """A line in one hand that leans on the chord where a beat begins and ends on the tonic."""
        plan, rng = self.plan, self.rng
        base = 60 if top else (43 if plan.level == "easy" else 40)
        lowest, highest, leap = {"easy": (0, 4, 1), "intermediate": (0, 9, 3), "hard": (-2, 12, 5)}[plan.level]
        step = rng.choice((0, 2, 4))
        direction = 1
        notes = []
        for bar in range(plan.bars):
            start = bar * plan.bar_quarters
            lengths = self._rhythm(last=bar == plan.bars - 1)
            for number, length in enumerate(lengths):
                final = bar == plan.bars - 1 and number == len(lengths) - 1
                if final:
                    step = 0 if step < 4 or highest < 7 else 7
                elif plan.subject == "scale":
                    if not lowest <= step + direction <= highest:
                        direction = -direction
                    step += direction
                elif plan.subject == "arpeggio":
                    chord = [s for s in range(lowest, highest + 1) if (s - self.chords[bar]) % 7 in (0, 2, 4)]
                    step = chord[(number + bar) % len(chord)]
                else:
                    step = self._next(step, bar, start, lowest, highest, leap)
                notes += self._strike(step, base, start, length, bar)
                start += length
        return notes

    def _next(self, step: int, bar: int, start: float, lowest: int, highest: int, leap: int) -> int:
        """Where the line goes: a chord note on the beat, a neighbour off it."""
        near = [s for s in range(lowest, highest + 1) if 0 < abs(s - step) <= max(leap, 1)]
        if start % (1.5 if self.plan.compound else 1.0) == 0:
            chord = [s for s in range(lowest, highest + 1) if (s - self.chords[bar]) % 7 in (0, 2, 4)]
            near = [s for s in near if s in chord] or [min(chord, key=lambda s: (abs(s - step), s))]
        return self.rng.choice(near)

    def _strike(self, step: int, base: int, start: float, length: float, bar: int) -> list[NoteTick]:
        """One note, with its third or octave where the exercise is about them."""
        pitches = [self._pitch(step, base)]
        if self.plan.key.mode == "minor" and step % 7 == 6 and self.chords[bar] == 4:
            pitches = [pitches[0] + 1]
        if "parallel thirds" in self.plan.traits or self.plan.subject == "third":
            pitches.append(self._pitch(step + 2, base))
        if "octave doubling" in self.plan.traits or self.plan.subject == "octave":
            pitches.append(pitches[0] + 12)
        return [_note(start, length, pitch, 76) for pitch in pitches]

    def _rhythm(self, last: bool) -> list[float]:
        """The lengths of one bar's notes; the last bar ends with a long one."""
        plan, rng = self.plan, self.rng
        table = _COMPOUND if plan.compound else _SIMPLE
        kinds = [trait for trait in plan.traits if trait in table] or ["plain"]
        cells = [cell for kind in kinds for cell in table[kind]]
        if plan.level == "hard" and kinds == ["plain"]:
            cells = [*cells[1:3], *table["steady sixteenths"]]
        left = plan.bar_quarters
        lengths: list[float] = []
        if last:
            left -= 1.5 if plan.compound else 1.0
        while left > 1e-9:
            fitting = [cell for cell in cells if sum(cell) <= left + 1e-9] or [(left,)]
            cell = rng.choice(fitting)
            lengths += cell
            left -= sum(cell)
        return [*lengths, plan.bar_quarters - sum(lengths)] if last else lengths

    # -- left-hand figures

    def _figure(self, name: str) -> list[NoteTick]:
        """A figure over the bars' chords; the last bar holds the tonic."""
        notes = []
        for bar in range(self.plan.bars):
            start = bar * self.plan.bar_quarters
            chord = self._chord(bar, 60 if self.plan.hand == "right" else 43)
            if bar == self.plan.bars - 1:
                held = chord if name in ("block chords", "Alberti bass", "broken chords") else [chord[0] - 12]
                notes += [_note(start, self.plan.bar_quarters, pitch, 66) for pitch in held]
                continue
            for begin, length, pitches in self._bar_of(name, bar, chord):
                notes += [_note(start + begin, length, pitch, 66) for pitch in pitches]
        return notes

    def _bar_of(self, name: str, bar: int, chord: Sequence[int]) -> list[tuple[float, float, list[int]]]:
        """One bar of a figure: onset and length in quarter notes, pitches."""
        length = self.plan.bar_quarters
        root, third, fifth = chord
        if name == "Alberti bass":
            return [(0.5 * i, 0.5, [(root, fifth, third, fifth)[i % 4]]) for i in range(int(length / 0.5))]
        if name == "broken chords":
            turn = (root, third, fifth, root + 12, fifth, third)
            return [(0.5 * i, 0.5, [turn[i % 6]]) for i in range(int(length / 0.5))]
        if name == "block chords":
            return [(float(i), 1.0, list(chord)) for i in range(int(length))] or [(0.0, length, list(chord))]
        if name in ("oom-pah", "oom-pah-pah"):
            low = (root - 12, fifth - 12)
            count = max(int(length), 1)
            group = 3 if name == "oom-pah-pah" else 2
            return [(float(i), 1.0, [low[i // group % 2]] if i % group == 0 else [third, fifth]) for i in range(count)]
        return [(float(i), 1.0, [pitch]) for i, pitch in enumerate(self._walk(bar, max(int(length), 2)))]

    def _walk(self, bar: int, beats: int) -> list[int]:
        """Quarter notes from the root of a bar by step, up or down, and by a step into the next bar's root."""
        degree, following = self.chords[bar], self._chord(min(bar + 1, self.plan.bars - 1), 43)[0] - 12
        direction = self.rng.choice((-1, 1))
        line = [self._pitch(degree + direction * i, 43) - 12 for i in range(beats - 1)]
        return [*line, following + self.rng.choice((-2, -1, 1, 2))]


def _note(start: float, length: float, pitch: int, velocity: int) -> NoteTick:
    """A note in quarter notes; a little shorter than its value, so that repeated notes part."""
    ticks = max(1, round(length * TICKS * 0.95))
    return NoteTick(round(start * TICKS), ticks, pitch, velocity)
