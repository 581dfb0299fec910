"""Round trips: what is left of the facts when words become music and words again, or music words and music again.

- *text*: prompt -> MIDI -> caption. Of the claims of a prompt (`caption_facts.claims`): ``held``, borne out by the
  composed piece; ``told``, borne out and said again by the caption of that piece, so that who reads the caption knows
  it (`caption_facts.entails`).
- *midi*: MIDI -> caption -> MIDI. Of the facts of a piece (`facts_of`): ``told``, said truly by its caption; ``held``,
  borne out by a piece that was composed from nothing but the caption; ``held_of_told``, the same of those that the
  caption told: what it did not say can only be met by luck.

The pipelines are arguments: any pair with the same call can be measured, and each direction alone against a fixed
other. Failures (no music for a prompt) count as facts neither held nor told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from ..facts.analysis import analyze
from ..facts_midi_text import MusicFacts, measure_facts
from ..records import Measurement
from ..score_midi_text import MidiSource, read_score
from ..truth_midi_text import class_holds
from ..vocabulary_midi_text import CLASSES
from .caption_facts import GROUP_OF, Claim, Measured, claims, entails
from .intervals import ratio

logger = logging.getLogger(__name__)
_Trip = tuple[list[Claim], list[bool], list[bool]]  # facts, told, held


def facts_of(facts: MusicFacts) -> list[Claim]:
    """What can be said of any piece: tempo, metre, key, instruments and no others, length, and the classes it is in.

    Mode is left to the key, and a class stands for each fact of `vocabulary.CLASSES` whose bands the piece falls into.
    """
    found: list[Claim] = [("tempo_bpm", (facts.tempo_bpm, facts.tempo_bpm)), ("time_signature", facts.time_signature)]
    found += [("key", facts.key)] if facts.key else []
    found += [("program", program) for program in facts.programs]
    found += [("only", frozenset(facts.programs)), ("bars", (facts.bars, facts.bars))]
    found.append(("duration_seconds", (facts.duration_seconds, facts.duration_seconds)))
    found += [(fact, name) for fact, bands in CLASSES.items() for name in bands if class_holds(fact, name, facts)]
    return found


def text_round_trip(
    compose: Any, describe: Any, prompts: Sequence[str], *, batch_size: int = 16, seed: int = 0, words: str = "text"
) -> list[Measurement]:
    """Prompt -> MIDI -> caption.

    Args:
        compose: A text-to-midi pipeline; called with a list of prompts, ``batch_size`` and ``seed``.
        describe: A midi-to-text pipeline; called with a list of MIDI files, ``batch_size`` and ``seed``.
        prompts: What is asked.
        batch_size: Prompts together.
        seed: Of the first batch; the batch that starts with prompt i has ``seed + i``.
        words: "text", the checked caption, or "model_text", the model's own.

    Returns:
        ``asked`` (claims a prompt), ``held`` and ``told`` as ``text/<figure>`` and ``text/<figure>/<group>``.

    Raises:
        ValueError: If there is no prompt, or none states a fact.
    """
    trips: list[_Trip] = []
    for start in range(0, len(prompts), batch_size):
        batch = list(prompts[start : start + batch_size])
        pieces = _answers(compose, batch, seed + start)
        captions = _captions(describe, [piece and piece.midi for piece in pieces], seed + start, words)
        for prompt, piece, caption in zip(batch, pieces, captions, strict=True):
            asked = list(claims(prompt))
            heard = piece and Measured(piece.facts, piece.analysis)
            held = [bool(heard and heard.holds(*claim)) for claim in asked]
            said = claims(caption) if heard else ()
            true = [claim for claim in said if heard and heard.holds(*claim)]
            told = [any(entails(claim, wish) for claim in true) for wish in asked]
            trips.append((asked, [a and b for a, b in zip(told, held, strict=True)], held))
        logger.info("round trip: %d of %d prompts", len(trips), len(prompts))
    return _rows(trips, "text", "asked")


def midi_round_trip(
    describe: Any,
    compose: Any,
    sources: Iterable[MidiSource],
    *,
    batch_size: int = 16,
    seed: int = 0,
    words: str = "text",
) -> list[Measurement]:
    """MIDI -> caption -> MIDI.

    Args:
        describe: See `text_round_trip`; called with a list of scores.
        compose: See `text_round_trip`; called with the captions.
        sources: MIDI files, bytes or scores.
        batch_size: Pieces together.
        seed: Of the first batch; the batch that starts with piece i has ``seed + i``.
        words: See `text_round_trip`.

    Returns:
        ``facts`` (a piece), ``told``, ``held`` and ``held_of_told`` as ``midi/<figure>`` and ``midi/<figure>/<group>``.

    Raises:
        MidiError: If a source cannot be read.
        ValueError: If there is none.
    """
    scores = [read_score(source).score for source in sources]
    trips: list[_Trip] = []
    for start in range(0, len(scores), batch_size):
        batch = scores[start : start + batch_size]
        captions = _captions(describe, batch, seed + start, words)
        pieces = _answers(compose, captions, seed + start)
        for score, caption, piece in zip(batch, captions, pieces, strict=True):
            facts = measure_facts(score)
            original = Measured(facts, analyze(score, facts))
            true = [claim for claim in claims(caption) if original.holds(*claim)]
            wanted = facts_of(facts)
            heard = piece and Measured(piece.facts, piece.analysis)
            held = [bool(heard and heard.holds(*fact)) for fact in wanted]
            trips.append((wanted, [any(entails(claim, fact) for claim in true) for fact in wanted], held))
        logger.info("round trip: %d of %d pieces", len(trips), len(scores))
    return _rows(trips, "midi", "facts")


def _rows(trips: Sequence[_Trip], part: str, counted: str) -> list[Measurement]:
    """The figures of one direction, in all and by group."""
    if not any(facts for facts, _, _ in trips):
        raise ValueError(f"a round trip needs at least one item that states a fact; got {len(trips)} without any")
    rows = [ratio(f"{part}/{counted}", [len(facts) for facts, _, _ in trips])]
    present = {GROUP_OF[fact] for facts, _, _ in trips for fact, _ in facts}
    for group in ("", *(name for name in dict.fromkeys(GROUP_OF.values()) if name in present)):
        counts = []  # of each item: facts, told, held, held of told
        for facts, told, held in trips:
            own = zip(facts, told, held, strict=True)
            chosen = [(t, h) for (fact, _), t, h in own if not group or GROUP_OF[fact] == group]
            both = sum(t and h for t, h in chosen)
            counts.append((len(chosen), sum(t for t, _ in chosen), sum(h for _, h in chosen), both))
        wanted, told_of, held_of, held_of_told = zip(*counts, strict=True)
        end = f"/{group}" if group else ""
        rows += [ratio(f"{part}/held{end}", held_of, wanted), ratio(f"{part}/told{end}", told_of, wanted)]
        if part == "midi" and any(told_of):
            rows.append(ratio(f"{part}/held_of_told{end}", held_of_told, told_of))
    return rows


def _answers(compose: Any, prompts: list[str], seed: int) -> list[Any]:
    """A piece for each prompt; where a batch fails each is tried alone, and None stands for a failure."""
    try:
        return list(compose(prompts, batch_size=len(prompts), seed=seed))
    except (ValueError, RuntimeError) as error:
        if len(prompts) == 1:
            logger.warning("no music for %r: %s", prompts[0], error)
            return [None]
        return [piece for prompt in prompts for piece in _answers(compose, [prompt], seed)]


def _captions(describe: Any, sources: list[Any], seed: int, words: str) -> list[str]:
    """A caption for each source; "" for None."""
    there = [source for source in sources if source is not None]
    said = iter(describe(there, batch_size=len(there), seed=seed) if there else ())
    return ["" if source is None else getattr(next(said), words) for source in sources]
