"""Round trips: what is left of the facts when words become music and words again, or music words and music again.

- *text*: prompt -> MIDI -> caption. Of the claims of a prompt (`caption_facts.claims`): ``held``, borne out by the
  composed piece; ``told``, borne out and said again by the caption of that piece, so that who reads the caption knows
  it (`caption_facts.entails`).
- *midi*: MIDI -> caption -> MIDI. Of the facts of a piece (`facts_of`): ``told``, said truly by its caption; ``held``,
  borne out by a piece that was composed from nothing but the caption; ``held_of_told``, the same of those that the
  caption told: what it did not say can only be met by luck.

What was written is an argument, not who wrote it: any pair of systems can be measured, and each direction alone
against a fixed other. Failures (no music for a prompt) count as facts neither held nor told.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..facts_midi_text import MusicFacts
from ..records import Measurement
from ..truth_midi_text import class_holds
from ..vocabulary_midi_text import CLASSES
from .caption_facts import GROUP_OF, Claim, Measured, claims, entails
from .intervals import ratio

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
    prompts: Sequence[str], pieces: Sequence[Measured | None], captions: Sequence[str]
) -> list[Measurement]:
    """Prompt -> MIDI -> caption.

    Args:
        prompts: What was asked.
        pieces: What was measured of the piece composed to each; None where there is none.
        captions: What was said of each piece; "" where there is none.

    Returns:
        ``asked`` (claims a prompt), ``held`` and ``told`` as ``text/<figure>`` and ``text/<figure>/<group>``.

    Raises:
        ValueError: If there is no prompt, none states a fact, or the numbers differ.
    """
    trips: list[_Trip] = []
    for prompt, piece, caption in zip(prompts, pieces, captions, strict=True):
        asked = list(claims(prompt))
        held = [bool(piece and piece.holds(*claim)) for claim in asked]
        told = _told(asked, piece, caption)
        trips.append((asked, [a and b for a, b in zip(told, held, strict=True)], held))
    return _rows(trips, "text", "asked")


def midi_round_trip(
    originals: Sequence[Measured], captions: Sequence[str], pieces: Sequence[Measured | None]
) -> list[Measurement]:
    """MIDI -> caption -> MIDI.

    Args:
        originals: What was measured of each piece.
        captions: What was said of it.
        pieces: What was measured of the piece composed to each caption; None where there is none.

    Returns:
        ``facts`` (a piece), ``told``, ``held`` and ``held_of_told`` as ``midi/<figure>`` and ``midi/<figure>/<group>``.

    Raises:
        ValueError: If there is no piece, or the numbers differ.
    """
    trips: list[_Trip] = []
    for original, caption, piece in zip(originals, captions, pieces, strict=True):
        wanted = facts_of(original.facts)
        held = [bool(piece and piece.holds(*fact)) for fact in wanted]
        trips.append((wanted, _told(wanted, original, caption), held))
    return _rows(trips, "midi", "facts")


def _told(wanted: Sequence[Claim], piece: Measured | None, caption: str) -> list[bool]:
    """Whether a caption's claims that a piece bears out say each fact."""
    true = [claim for claim in claims(caption) if piece and piece.holds(*claim)]
    return [any(entails(claim, fact) for claim in true) for fact in wanted]


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
