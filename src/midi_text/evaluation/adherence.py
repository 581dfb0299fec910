"""Prompt adherence: does the written MIDI hold what the prompt asked?

`read_answer` validates one file, `METRICS` says what is measured of it, `score_answer` measures one answer,
`adherence_rows` makes the figures of many. The gold is the prompt's, never a prediction; a figure is taken only over
the prompts that ask for its fact, and ``asked/<figure>`` says how many those are. An answer that is missing or broken
has 0 in every row that its prompt asks for, and stays in. The first answer is taken; nothing is re-ranked.

- ``decodes``: there is a file, it can be read and has notes. ``ends``: the system ended the piece by itself, where it
  says so. ``empty_bars``: share of the bars in which nothing sounds; 1 for what does not decode.
- ``tempo``: the tempo that sounds longest is within half a beat a minute of the asked number and does not change;
  ``tempo_word``: the first tempo lies in the range that the words ask ("slow", "90 to 100 BPM").
- ``tempo_bin`` (TB), ``tempo_bin_near`` (TBT): bin(b) is the number of `TEMPO_MARKS` that b exceeds; the bins of asked
  number and first tempo are equal, or differ by less than 2.
- ``first_metre`` (CTS): the first time signature is the asked one; ``metre``: that of every bar is.
- ``key`` (CK): the asked tonic and mode are heard. ``key_or_relative`` (CKD): or those of the true relative, A minor
  for C major. ``key_or_published_relative`` (CKD-published): the published script has the sign of the relative
  inverted and takes F♯ major for the relative of A minor; here so that its figures can be compared.
  ``mode``: where a mode or key is asked, that mode is heard.
- ``instruments``: every asked program and family sounds, drums included. ``no_other_instrument``: none else does, where
  the prompt lists its instruments. ``excluded_instruments``: the unwanted ones are silent.
- ``instrument_recall``: share of the asked programs and families that sound. ``instrument_precision``,
  ``instrument_f1``: of the sets of programs, over prompts that list all their instruments by name;
  ``group_precision``, ``group_recall``, ``group_f1``: the same of the 16 groups of General MIDI and drums.
- ``chord_recall``: share of the different asked chords that are found, in any order, by our own chord finder; a triad
  is found in a seventh chord on it. ``chord_order``: they follow one another as asked. ``form``: the sections are so.
- ``bars``, ``duration``: the number is the asked one, the duration within 5 % and a second.
- ``asa``, ``absent_instruments``: see `attributes`. ``all_asked``: nothing that is asked and measured here is missed.

Sources: TB, TBT, CK, CKD, CTS: K. Bhandari et al., "Text2midi" (AAAI 2025). Figures of other papers under these names
differ by a factor of two for the same model; compare only what one run of one program has measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..facts.chord import Chord
from ..key_midi_text import Key
from ..records import Measurement
from ..score_midi_text import MidiError, read_score
from ..truth_midi_text import contradicts, is_chord
from ..vocabulary_midi_text import FAMILIES
from .attributes import absent_hits, attribute_hits, gm_group
from .gold import Gold, Prompt
from .heard import Heard, empty_bar_share
from .intervals import ratio

TEMPO_MARKS = (40, 60, 70, 90, 110, 140, 160, 210)


def tempo_bin(tempo_bpm: float) -> int:
    """The TB bin of a tempo, 0..8: how many marks it exceeds, strictly."""
    return sum(tempo_bpm > mark for mark in TEMPO_MARKS)


def published_relative(key: Key) -> Key:
    """The "relative" of the published CKD, whose sign is inverted: F♯ major for A minor, E flat minor for C major."""
    return Key((key.tonic - 3) % 12, "major") if key.mode == "minor" else Key((key.tonic + 3) % 12, "minor")


def precision_recall_f1(asked: Iterable[int], sounding: Iterable[int]) -> tuple[float, float, float]:
    """Of two sets; 0 where nothing sounds.

    Raises:
        ValueError: If nothing is asked.
    """
    wanted, heard = set(asked), set(sounding)
    if not wanted:
        raise ValueError("precision and recall need at least one asked instrument; got none")
    hits = len(wanted & heard)
    precision, recall = hits / len(heard) if heard else 0.0, hits / len(wanted)
    return precision, recall, 2 * hits / (len(wanted) + len(heard))


def chord_recall(asked: Sequence[Chord], measured: Iterable[Chord]) -> float:
    """Share of the different asked chords that are found among the measured ones, whatever the order and the bass.

    Raises:
        ValueError: If nothing is asked.
    """
    wanted, found = {chord.in_root_position for chord in asked}, set(measured)
    if not wanted:
        raise ValueError("chord recall needs at least one asked chord; got none")
    return sum(any(is_chord(chord, other) for other in found) for chord in wanted) / len(wanted)


@dataclass(frozen=True)
class Metric:
    """A figure of one answer, 0..1.

    Attributes:
        name: Of its row.
        asked: Whether a prompt asks for its fact.
        measure: The figure of music that can be read and has notes.
        counts: Whether a figure below 1 means that something asked was missed, see ``all_asked``.
    """

    name: str
    asked: Callable[[Gold], bool]
    measure: Callable[[Gold, Heard], float]
    counts: bool = True


def _number(gold: Gold) -> float | None:
    """The tempo where it is asked as a number."""
    return gold.tempo_bpm[0] if gold.tempo_bpm and gold.tempo_bpm[0] == gold.tempo_bpm[1] else None


def _tempo(gold: Gold, heard: Heard) -> bool:
    return not contradicts("tempo_bpm", gold.tempo_bpm, heard.facts) and not heard.facts.tempo_changes


def _tempo_word(gold: Gold, heard: Heard) -> bool:
    low, high = gold.tempo_bpm or (0, 0)
    return low - 0.5 <= heard.first_tempo_bpm <= high + 0.5


def _bins_apart(gold: Gold, heard: Heard) -> int:
    return abs(tempo_bin(heard.first_tempo_bpm) - tempo_bin(_number(gold) or 0))


def _mode(gold: Gold, heard: Heard) -> bool:
    return heard.key is not None and heard.key.mode == (gold.key.mode if gold.key else gold.mode)


def _wanted(gold: Gold) -> list[frozenset[int]]:
    """For each asked instrument the programs that satisfy it."""
    return [frozenset((p,)) for p in gold.programs] + [FAMILIES[name].programs for name in gold.families]


def _recall(gold: Gold, heard: Heard) -> float:
    return _mean([not programs.isdisjoint(heard.facts.programs) for programs in _wanted(gold)])


def _no_other(gold: Gold, heard: Heard) -> bool:
    return set(heard.facts.programs) <= frozenset().union(*_wanted(gold))


def _excluded(gold: Gold, heard: Heard) -> bool:
    unwanted = {*gold.excluded_programs}.union(*(FAMILIES[name].programs for name in gold.excluded_families))
    return unwanted.isdisjoint(heard.facts.programs)


def _by_name(gold: Gold) -> bool:
    return gold.only and bool(gold.programs) and not gold.families


def _prf(index: int, of: Callable[[int], int]) -> Callable[[Gold, Heard], float]:
    def measure(gold: Gold, heard: Heard) -> float:
        return precision_recall_f1(map(of, gold.programs), map(of, heard.facts.programs))[index]

    return measure


def _held(fact: str) -> Callable[[Gold, Heard], float]:
    """A fact that the judge of prompts and captions decides."""
    return lambda gold, heard: not contradicts(fact, getattr(gold, fact), heard.facts)


def _analysed(fact: str) -> Callable[[Gold, Heard], float]:
    return lambda gold, heard: not contradicts(fact, getattr(gold, fact), heard.facts, heard.analysis)


def _mean(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)


METRICS: tuple[Metric, ...] = (
    Metric("tempo", lambda g: _number(g) is not None, _tempo),
    Metric("tempo_word", lambda g: g.tempo_bpm is not None and _number(g) is None, _tempo_word),
    Metric("tempo_bin", lambda g: _number(g) is not None, lambda g, h: _bins_apart(g, h) == 0, counts=False),
    Metric("tempo_bin_near", lambda g: _number(g) is not None, lambda g, h: _bins_apart(g, h) < 2, counts=False),
    Metric("first_metre", lambda g: g.time_signature is not None, lambda g, h: h.first_metre == g.time_signature),
    Metric("metre", lambda g: g.time_signature is not None,
           lambda g, h: h.facts.time_signature == g.time_signature and not h.facts.metre_changes),
    Metric("key", lambda g: g.key is not None, lambda g, h: h.key == g.key),
    Metric("key_or_relative", lambda g: g.key is not None,
           lambda g, h: g.key is not None and h.key in (g.key, g.key.relative), counts=False),
    Metric("key_or_published_relative", lambda g: g.key is not None,
           lambda g, h: g.key is not None and h.key in (g.key, published_relative(g.key)), counts=False),
    Metric("mode", lambda g: g.key is not None or g.mode is not None, _mode),
    Metric("instruments", lambda g: bool(g.programs or g.families), lambda g, h: _recall(g, h) == 1),
    Metric("no_other_instrument", lambda g: g.only, _no_other),
    Metric("excluded_instruments", lambda g: bool(g.excluded_programs or g.excluded_families), _excluded),
    Metric("instrument_recall", lambda g: bool(g.programs or g.families), _recall),
    Metric("instrument_precision", _by_name, _prf(0, int), counts=False),
    Metric("instrument_f1", _by_name, _prf(2, int), counts=False),
    Metric("group_precision", _by_name, _prf(0, gm_group), counts=False),
    Metric("group_recall", _by_name, _prf(1, gm_group), counts=False),
    Metric("group_f1", _by_name, _prf(2, gm_group), counts=False),
    Metric("chord_recall", lambda g: bool(g.chords),
           lambda g, h: chord_recall(g.chords, h.analysis.harmony.progression)),
    Metric("chord_order", lambda g: bool(g.chords), _analysed("chords")),
    Metric("form", lambda g: g.form is not None, _analysed("form")),
    Metric("bars", lambda g: g.bars is not None, _held("bars")),
    Metric("duration", lambda g: g.duration_seconds is not None, _held("duration_seconds")),
    Metric("asa", lambda g: bool(attribute_hits(g, None)), lambda g, h: _mean(attribute_hits(g, h)), counts=False),
    Metric("absent_instruments", lambda g: bool(absent_hits(g, None)), lambda g, h: _mean(absent_hits(g, h)),
           counts=False),
)  # fmt: skip
ROWS = ("decodes", "ends", "empty_bars", *(metric.name for metric in METRICS), "all_asked")
"""The names of all figures, in the order of a report."""


@dataclass(frozen=True)
class Score:
    """How one answer fares.

    Attributes:
        values: The figures that its prompt asks for, by name, 0..1.
        heard: What was measured, as text and numbers, for people who look for reasons.
    """

    values: Mapping[str, float]
    heard: Mapping[str, Any]


def score_answer(gold: Gold, midi: bytes | None, ended: bool | None = None) -> Score:
    """Holds one MIDI file to what was asked.

    Args:
        gold: What the prompt asks.
        midi: A Standard MIDI File of any system; None where it gave none.
        ended: Whether the system ended it by itself; None where nobody can say: it cannot be seen in the file.

    Returns:
        The figures, and what was heard.
    """
    asked = [metric for metric in METRICS if metric.asked(gold)]
    values = {"decodes": 0.0, "empty_bars": 1.0}
    if ended is not None:
        values["ends"] = float(ended)
    try:
        if midi is None:
            raise MidiError("there is no file")
        heard = Heard(read_score(midi).score)
    except (MidiError, ValueError) as error:
        values |= {metric.name: 0.0 for metric in asked}
        return Score({**values, **({"all_asked": 0.0} if asked else {})}, {"error": str(error)})
    values |= {"decodes": 1.0, "empty_bars": empty_bar_share(heard.score)}
    values |= {metric.name: float(metric.measure(gold, heard)) for metric in asked}
    counted = [values[metric.name] == 1 for metric in asked if metric.counts]
    if asked:
        values["all_asked"] = float(all(counted))
    return Score(values, _shown(gold, heard))


def adherence_rows(prompts: Sequence[Prompt], scores: Sequence[Score]) -> list[Measurement]:
    """The figures of many answers.

    Args:
        prompts: The prompts.
        scores: Of their answers, in the same order.

    Returns:
        ``<figure>`` with its interval and ``asked/<figure>`` (prompts that ask for it) for every figure that is asked
        at all, in the order of `ROWS`; then ``<figure>/<group>`` where the prompts have several groups.

    Raises:
        ValueError: If there is no prompt, or not one score a prompt.
    """
    if not prompts or len(prompts) != len(scores):
        raise ValueError(f"adherence needs prompts and one score each; got {len(prompts)} and {len(scores)}")
    groups = list(dict.fromkeys(prompt.group for prompt in prompts))
    rows = []
    for group in ("", *groups) if len(groups) > 1 else ("",):
        chosen = [s.values for p, s in zip(prompts, scores, strict=True) if not group or p.group == group]
        end = f"/{group}" if group else ""
        for name in ROWS:
            values = [of[name] for of in chosen if name in of]
            if values:
                rows += [ratio(name + end, values), Measurement(f"asked/{name}{end}", float(len(values)), None, None)]
    return rows


def _shown(gold: Gold, heard: Heard) -> dict[str, Any]:
    facts = heard.facts
    shown = {
        "tempo_bpm": facts.tempo_bpm,
        "time_signature": "{}/{}".format(*facts.time_signature),
        "bars": facts.bars,
        "seconds": round(facts.duration_seconds, 2),
        "programs": list(facts.programs),
        "key": heard.key.name if heard.key else None,
        "notes": facts.notes,
    }
    if gold.chords:
        shown["chords"] = [chord.name for chord in heard.analysis.harmony.progression[:32]]
    return shown
