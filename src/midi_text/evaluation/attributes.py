"""Musical attributes in the bins of MuseCoco, and their average sample-wise accuracy (ASA).

MuseCoco (Lu et al., 2023) states a prompt's facts as classes and reports the share of a sample's stated attributes that
its music has, averaged over samples. The bins are those of its published code:

- bars 1–4, 5–8, 9–12, 13–16 and more; tempo ≤ 76, between, ≥ 120; duration in steps of 15 s up to 60 s and more;
- time signature; mode ("major", "minor"); pitch range in whole octaves, drums left out;
- rhythm intensity by onsets a beat (a quarter note): serene ≤ 1, moderate < 2, intense from 2;
- danceability: more drum notes on the strong beats (1 and 3 of 4/4, 1 of 3/4 and of 2/4) than off them;
- instruments: each that is asked sounds.

Three differences, on purpose. The gold is the prompt's, not what MuseCoco's own text classifier read in it. A sample
whose music is missing counts as 0 and stays in. Instruments that are *not* asked and do not sound are told apart
(`absent_instruments`), over the 16 General MIDI groups and drums: there are so many of them that silence alone would
score high. And the published danceability counts grid positions instead of the notes on them, so that it depends on the
metre alone (4/4: never said, 3/4: never danceable); here the notes are counted, as its description says.

A range that lies in several bins ("8 to 12 bars") is met in each of them. What is asked but has no class here (chords,
form) has figures of its own in `adherence`.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from ..vocabulary_midi_text import FAMILIES
from .gold import INTENSITIES, Gold
from .heard import Heard

_BARS = (4, 8, 12, 16)
_SECONDS = (15, 30, 45, 60)
_STRONG_BEATS = {(4, 4): (0, 2), (3, 4): (0,), (2, 4): (0,)}
GROUPS = 17  # General MIDI groups of eight programs, and drums


def gm_group(program: int) -> int:
    """The General MIDI group of a program: 0 pianos, 1 chromatic percussion, …, 15 sound effects, 16 drums."""
    return program // 8


def tempo_class(tempo_bpm: float) -> int:
    """0 up to 76 quarter notes a minute, 1 between, 2 from 120 on."""
    return int(tempo_bpm > 76) + int(tempo_bpm >= 120)


def bars_class(bars: float) -> int:
    """0 for 1–4 bars, 1 for 5–8, 2 for 9–12, 3 for 13–16, 4 for more."""
    return bisect_left(_BARS, bars)


def duration_class(seconds: float) -> int:
    """0 up to 15 s, then in steps of 15 s; 4 for more than a minute."""
    return bisect_left(_SECONDS, seconds)


def octave_range(heard: Heard) -> int | None:
    """Whole octaves from the lowest to the highest pitch, drums left out; None without pitches."""
    low, high = heard.facts.lowest_pitch, heard.facts.highest_pitch
    return None if low is None or high is None else (high - low) // 12


def rhythm_intensity(heard: Heard) -> str:
    """A name of `INTENSITIES`, by the different onsets, drums included, for each quarter note of the bars."""
    score = heard.score
    onsets = np.unique(np.concatenate([track.notes.numpy()["time"] for track in score.tracks if len(track.notes)]))
    numerator, denominator = heard.facts.time_signature
    a_beat = len(onsets) / (heard.facts.bars * numerator * 4 / denominator)
    return INTENSITIES[int(a_beat > 1) + int(a_beat >= 2)]


def is_danceable(heard: Heard) -> bool | None:
    """Whether more drum notes lie on strong beats than off them; None without drums or in another metre."""
    metre = heard.facts.time_signature
    drums = [track.notes.numpy()["time"] for track in heard.score.tracks if track.is_drum and len(track.notes)]
    if metre not in _STRONG_BEATS or not drums:
        return None
    beat = heard.score.ticks_per_quarter
    beats = np.concatenate(drums) // beat % metre[0]
    on = int(np.isin(beats, _STRONG_BEATS[metre]).sum())
    return None if 2 * on == len(beats) else 2 * on > len(beats)


def attribute_hits(gold: Gold, heard: Heard | None) -> list[bool]:
    """For each attribute that is asked, whether the music has it; all False where there is no music."""
    asked = _asked(gold)
    return [heard is not None and _has(name, value, gold, heard) for name, value in asked]


def absent_hits(gold: Gold, heard: Heard | None) -> list[bool]:
    """Where the instruments are listed and no other may sound: for each group that is not asked, whether it is silent.

    A family spares every group that one of its programs is in. All False where there is no music.
    """
    if not gold.only:
        return []
    programs = {*gold.programs}.union(*(FAMILIES[name].programs for name in gold.families))
    spared = {gm_group(program) for program in programs}
    sounding = {gm_group(program) for program in heard.facts.programs} if heard else set(range(GROUPS))
    return [group not in sounding for group in range(GROUPS) if group not in spared]


def _asked(gold: Gold) -> list[tuple[str, object]]:
    single = ("bars", "time_signature", "tempo_bpm", "duration_seconds", "octaves", "rhythm_intensity", "danceable")
    asked = [(name, value) for name in single if (value := getattr(gold, name)) is not None]
    mode = gold.key.mode if gold.key else gold.mode
    asked += [("mode", mode)] if mode else []
    asked += [("program", program) for program in gold.programs]
    return asked + [("family", family) for family in gold.families]


def _has(name: str, value: object, gold: Gold, heard: Heard) -> bool:
    facts = heard.facts
    if name == "bars" and gold.bars:
        return bars_class(gold.bars[0]) <= bars_class(facts.bars) <= bars_class(gold.bars[1])
    if name == "tempo_bpm" and gold.tempo_bpm:
        low, high = map(tempo_class, gold.tempo_bpm)
        return low <= tempo_class(heard.first_tempo_bpm) <= high
    if name == "duration_seconds" and gold.duration_seconds:
        low, high = map(duration_class, gold.duration_seconds)
        return low <= duration_class(facts.duration_seconds) <= high
    if name == "family":
        return not FAMILIES[str(value)].programs.isdisjoint(facts.programs)
    measured = {
        "time_signature": lambda: heard.first_metre,
        "octaves": lambda: octave_range(heard),
        "rhythm_intensity": lambda: rhythm_intensity(heard),
        "danceable": lambda: is_danceable(heard),
        "mode": lambda: heard.key and heard.key.mode,
        "program": lambda: value if value in facts.programs else None,
    }
    return bool(measured[name]() == value)
