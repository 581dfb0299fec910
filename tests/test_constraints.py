"""Whatever the logits want, what comes out follows the grammar, ends, and holds its locks.

The checker here reads events as strings and shares no code with the package. The vocabulary is the real events plus
random merges, sensible ones cut from music and senseless ones, so that every way to join events is met.
"""

import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midi_text.constraints_midi_text import Locks, MusicLogitsProcessor, TextOnlyLogitsProcessor
from midi_text.events_midi_text import EventVocabulary
from midi_text.facts_midi_text import measure_facts
from midi_text.key_midi_text import Key, estimate_key

START, EOS, OFFSET = 1, 2, 40  # ids below OFFSET stand for text
Logits = Callable[[int, int, random.Random], torch.Tensor]
VOCABULARY = EventVocabulary()


# -- a vocabulary with merges --------------------------------------------------------------------------------------


@cache
def token_events() -> tuple[tuple[str, ...], ...]:
    """Text ids, all events, 900 joins of events that stand together in music, 100 of events that do not."""
    base = [(name,) for name in VOCABULARY.names]
    text: list[tuple[str, ...]] = [()] * OFFSET
    rng = random.Random(0)
    merges: dict[tuple[str, ...], None] = {}
    pieces = [events_of(row, base, OFFSET) for row in write([None] * 12, 300, noise, tokens=(*text, *base))]
    while len(merges) < 900:
        events = rng.choice(pieces)
        at, length = rng.randrange(len(events) - 1), rng.randint(2, 9)
        piece = tuple(events[at : at + length])
        if len(piece) > 1 and "Bar_None" not in piece[1:]:
            merges[piece] = None
    while len(merges) < 1000:
        merges[tuple(rng.choices(VOCABULARY.names, k=rng.randint(2, 5)))] = None
    return (*text, *base, *merges)


def events_of(ids: Sequence[int], tokens: Sequence[tuple[str, ...]] | None = None, offset: int = 0) -> list[str]:
    tokens = tokens if tokens is not None else token_events()
    return [event for i in ids if i >= offset for event in tokens[i - offset]]


# -- logits that want all sorts of things --------------------------------------------------------------------------


def noise(row: int, size: int, rng: random.Random) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(rng.randrange(2**32)).normal(0, 3, size))


def flat(row: int, size: int, rng: random.Random) -> torch.Tensor:
    return torch.zeros(size)


def stubborn(seed: int) -> Logits:
    """Always the same, extremely peaked wishes."""
    wishes = torch.from_numpy(np.random.default_rng(seed).normal(0, 100, 100_000))
    return lambda row, size, rng: wishes[:size]


def longing_for(*names: str) -> Logits:
    """Wants one type of event for ever, and nothing else ever."""

    wanted = [bool(events) and events[0].split("_")[0] in names for events in token_events()]
    wanted[EOS] = "end" in names
    wishes = torch.where(torch.tensor(wanted), 1e4, -1e4)
    return lambda row, size, rng: wishes


def write(
    locks: Sequence[Locks | None],
    max_length: int,
    logits: Logits,
    seed: int = 0,
    tokens: Sequence[tuple[str, ...]] | None = None,
    start: Sequence[int] = (START,),
) -> list[list[int]]:
    """Samples a batch step by step as ``generate`` does, and returns the rows up to their end token."""
    tokens = tokens if tokens is not None else token_events()
    rng, dice = random.Random(seed), torch.Generator().manual_seed(seed)
    processor = MusicLogitsProcessor(tokens, EOS, max_length, list(locks))
    ids = torch.tensor([list(start)] * len(locks))
    done = torch.zeros(len(locks), dtype=torch.bool)
    while ids.shape[1] < max_length and not done.all():
        scores = processor(ids, torch.stack([logits(row, len(tokens), rng) for row in range(len(locks))]))
        token = torch.multinomial(scores.softmax(-1), 1, generator=dice)[:, 0]
        token[done] = 0
        ids = torch.cat([ids, token[:, None]], 1)
        done |= token == EOS
    assert done.all(), "every piece ends within max_length"
    return [row[: row.index(EOS)] for row in ids.tolist()]


# -- a slow checker ------------------------------------------------------------------------------------------------

NEXT = {
    "Bar": {"TimeSig"},
    "TimeSig": {"Position", "Bar"},
    "Position": {"Tempo", "Program", "Pitch", "PitchDrum"},
    "Tempo": {"Program", "Pitch", "PitchDrum", "Position", "Bar"},
    "Program": {"Pitch", "PitchDrum"},
    "Pitch": {"Velocity"},
    "PitchDrum": {"Velocity"},
    "Velocity": {"Duration"},
    "Duration": {"Pitch", "PitchDrum", "Program", "Position", "Bar", "end"},
}


def check(events: list[str], locks: Locks) -> None:
    """Asserts grammar and locks of one piece."""
    types = [event.split("_")[0] for event in events]
    assert types[:4] == ["Bar", "TimeSig", "Position", "Tempo"]
    assert events[2] == "Position_0"
    for here, following in zip(types, [*types[1:], "end"], strict=True):
        assert following in NEXT[here], (here, following)
    bars, metre, position, program, notes = 0, (0, 0), -1, None, []
    metres, tempi, seen = set(), [], set()
    starts, start = [], 0.0  # in whole notes
    for event in events:
        name, value = event.split("_", 1)
        if name == "Bar":
            start += metre[0] / metre[1] if bars else 0
            bars, position = bars + 1, -1
            starts.append(start)
        elif name == "TimeSig":
            metre = tuple(map(int, value.split("/")))
            metres.add(metre)
        elif name == "Position":
            assert position < int(value) < 12 * metre[0]
            position, seen = int(value), set()
        elif name == "Tempo":
            tempi.append(float(value))
        elif name == "Program":
            assert program != value, "a program is named only when it changes"
            program = value
        elif name in ("Pitch", "PitchDrum"):
            assert (program == "-1") == (name == "PitchDrum")
            assert (program, value) not in seen, "no note twice at once"
            seen.add((program, value))
            number = 128 if name == "PitchDrum" else int(program)
            notes.append([bars, start + position / 12 / metre[1], number, int(value)])
        elif name == "Duration":
            beats, part, resolution = map(int, value.split("."))
            notes[-1].append((beats + part / resolution) / metre[1])
    assert notes
    assert notes[-1][0] == bars, "the last bar has a note"
    assert notes[0][0] == 1, "so has the first"
    check_locks(locks, bars, metres, tempi, notes)
    check_end(locks, notes, start + metre[0] / metre[1])
    check_facts(locks, events, notes, bars)


def check_locks(locks: Locks, bars: int, metres: set, tempi: list[float], notes: list) -> None:
    if locks.time_signature:
        assert metres == {locks.time_signature}
    if locks.tempo_bpm:
        assert len(tempi) == 1
        assert locks.tempo_bpm[0] <= tempi[0] <= locks.tempo_bpm[1]
    if locks.bars:
        assert locks.bars[0] <= bars <= locks.bars[1]
    sounding = {program for _, _, program, *_ in notes}
    for program in locks.programs or ():
        assert program in sounding
    for family in locks.families:
        assert sounding & set(family)
    asked = set(locks.programs or ()).union(*locks.families)
    if asked and not locks.open_programs:
        assert sounding <= asked
    assert not sounding & set(locks.excluded_programs)
    if locks.duration_seconds:
        (tempo,), (metre,) = tempi, metres
        bar = metre[0] / metre[1] * 240 / tempo
        assert locks.duration_seconds[0] - bar < bars * bar < locks.duration_seconds[1] + bar


def check_end(locks: Locks, notes: list, end: float) -> None:
    if locks.bars and locks.bars[0] == locks.bars[1]:
        assert max(note[1] + note[4] for note in notes) <= end + 1e-6
    pitched = [note for note in notes if note[2] != 128]
    if locks.key is None or not pitched:
        return
    scale = (0, 2, 4, 5, 7, 9, 11) if locks.key.mode == "major" else (0, 2, 3, 5, 7, 8, 10)
    outside = [note for note in pitched if (note[3] - locks.key.tonic) % 12 not in scale]
    soft = [note for note in outside if locks.key.mode == "minor" and (note[3] - locks.key.tonic) % 12 in (9, 11)]
    assert len(outside) - len(soft) <= math.ceil(locks.chromatic_share * (len(pitched) + 4))
    last = max(note[1] for note in pitched)
    assert min(note[3] for note in pitched if note[1] == last) % 12 == locks.key.tonic


def check_facts(locks: Locks, events: list[str], notes: list, bars: int) -> None:
    """The decoded score says the same."""
    score = VOCABULARY.decode(events)
    facts = measure_facts(score)
    assert facts.notes == len(notes)
    assert set(facts.programs) == {note[2] for note in notes}
    if locks.bars:
        assert locks.bars[0] <= facts.bars <= locks.bars[1]
    if locks.time_signature:
        assert facts.time_signature == locks.time_signature
        assert not facts.metre_changes
    if locks.tempo_bpm:
        assert locks.tempo_bpm[0] - 0.01 <= facts.tempo_bpm <= locks.tempo_bpm[1] + 0.01


# -- every sequence ------------------------------------------------------------------------------------------------


@st.composite
def all_locks(draw: st.DrawFn) -> Locks:
    def maybe(strategy: st.SearchStrategy) -> Any:
        return draw(st.none() | strategy)

    low = draw(st.integers(30, 250))
    bars = maybe(st.integers(1, 12))
    programs = tuple(dict.fromkeys(draw(st.lists(st.integers(0, 128), max_size=5))))
    families = draw(st.sampled_from([(), ((40, 41, 42),), ((24, 25), (128,))]))
    return Locks(
        tempo_bpm=maybe(st.integers(low, 250).map(lambda high: (low, high))),
        time_signature=maybe(st.sampled_from([(4, 4), (3, 4), (6, 8), (2, 2), (1, 4), (12, 4), (3, 16), (7, 8)])),
        key=maybe(st.builds(Key, st.integers(0, 11), st.sampled_from(["major", "minor"]))),
        programs=programs or None,
        families=families,
        excluded_programs=() if programs or families else draw(st.sampled_from([(), (128,), tuple(range(128))])),
        open_programs=draw(st.booleans()),
        bars=(bars, bars + draw(st.integers(0, 2))) if bars else None,
        duration_seconds=None if bars else maybe(st.floats(1, 20).map(lambda x: (x, x))),
        chromatic_share=draw(st.sampled_from([0.0, 0.04, 1.0])),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(st.none() | all_locks(), min_size=1, max_size=3),
    want=st.sampled_from(["noise", "flat", "stubborn"]),
    seed=st.integers(0, 2**31),
)
def test_every_sequence_is_well_formed_and_holds_its_locks(rows: list[Locks | None], want: str, seed: int):
    logits = {"noise": noise, "flat": flat, "stubborn": stubborn(seed)}[want]
    for locks, ids in zip(rows, write(rows, 260, logits, seed), strict=True):
        check(events_of(ids), locks or Locks())


@pytest.mark.parametrize("want", ["Bar", "Position", "Program", "Pitch", "PitchDrum", "Tempo", "Velocity", "end"])
@pytest.mark.parametrize(
    "locks",
    [
        None,
        Locks(bars=(6, 6), time_signature=(3, 4), tempo_bpm=(90, 90), key=Key(2, "minor"), programs=(0, 40, 128)),
        Locks(key=Key(6, "major"), programs=(128, 42), duration_seconds=(12, 12)),
    ],
)
def test_a_loop_ends(want: str, locks: Locks | None):
    (ids,) = write([locks], 240, longing_for(want))
    check(events_of(ids), locks or Locks())


def test_the_tightest_length_is_enough_and_one_less_is_refused():
    locks = Locks(bars=(20, 20), programs=(0, 1, 2, 128), key=Key(3, "major"))
    with pytest.raises(ValueError, match="max_length must be more than") as caught:
        write([locks], 10, noise)
    least = int(str(caught.value).split("more than ")[1].split()[0]) + 1
    for seed in range(10):
        (ids,) = write([locks], least, noise, seed)
        check(events_of(ids), locks)
    with pytest.raises(ValueError, match="fewer bars or instruments"):
        write([locks], least - 1, noise)


def test_bars_share_the_length():
    """A wordy model with many bars to fill leaves none of them empty for want of tokens."""
    (ids,) = write([Locks(bars=(16, 16), time_signature=(4, 4))], 500, noise)
    sizes = [len(bar.split()) for bar in " ".join(events_of(ids)).split("Bar_None")[1:]]
    assert len(sizes) == 16
    assert min(np.mean(sizes[:8]), np.mean(sizes[8:])) > 0.5 * np.mean(sizes)


def test_where_no_bar_may_follow_the_wish_for_one_ends_the_piece():
    tokens = token_events()
    names = "Bar_None TimeSig_4/4 Position_0 Tempo_90.0 Program_0 Pitch_60 Velocity_79 Duration_1.0.12".split()
    ids = torch.tensor([[START, *(OFFSET + VOCABULARY.names.index(name) for name in names)]])
    scores = torch.randn(1, len(tokens), generator=torch.Generator().manual_seed(0))
    bars = [i for i, events in enumerate(tokens) if events and events[0] == "Bar_None" and "Bar_None" not in events[1:]]
    out = MusicLogitsProcessor(tokens, EOS, 99, Locks(bars=(1, 1)))(ids, scores)
    assert torch.isinf(out[0, bars]).all()
    assert out[0, EOS] > scores[0, EOS]
    assert out[0, EOS] <= scores[0, [EOS, *bars]].logsumexp(0)
    free = MusicLogitsProcessor(tokens, EOS, 99, Locks(bars=(1, 2)))(ids, scores)
    assert free[0, EOS] == scores[0, EOS]


def test_few_instruments_do_not_play_clusters():
    (ids,) = write([Locks(bars=(2, 2), programs=(40,))], 200, longing_for("Pitch", "Velocity", "Duration"))
    positions = " ".join(events_of(ids)).split("Position_")[1:]
    assert max(position.count(" Pitch_") for position in positions) == 10


def test_instruments_come_in_by_the_middle():
    for seed in range(8):
        (ids,) = write([Locks(bars=(8, 8), programs=(0, 24, 40, 56, 128))], 600, noise, seed)
        half = " ".join(events_of(ids)).split("Bar_None")[1:6]  # the first note after the middle may be in bar 5
        assert {word for bar in half for word in bar.split() if word.startswith("Program")} == {
            f"Program_{program}" for program in (0, 24, 40, 56, -1)
        }


@pytest.mark.parametrize("tonic", [0, 7, 11])
def test_the_lowest_pitches_do_not_keep_the_tonic_from_the_end(tonic: int):
    """Pitches below the lowest tonic there is cannot be undercut."""
    low = torch.tensor(
        [10.0 * any(e in events for e in ("Pitch_0", "Pitch_1", "Pitch_2")) for events in token_events()]
    )
    locks = Locks(key=Key(tonic, "minor"), bars=(2, 2), programs=(0, 16))
    for seed in range(4):
        (ids,) = write([locks], 300, lambda row, size, rng: low + noise(row, size, rng), seed)
        check(events_of(ids), locks)


def test_any_start_is_continued_to_an_end():
    """A start that breaks every rule is continued by one that does not."""
    rng = random.Random(5)
    for seed in range(8):
        start = [START, *(rng.randrange(len(token_events())) for _ in range(40))]
        start = [i for i in start if i != EOS]
        (ids,) = write([Locks(bars=(30, 30), key=Key(0, "major"), programs=(0,))], 200, noise, seed, start=start)
        assert VOCABULARY.decode(events_of(ids)).note_num() > 0


# -- rows, replays and beams ---------------------------------------------------------------------------------------

FOUR = [
    None,
    Locks(tempo_bpm=(60, 70), time_signature=(6, 8), bars=(4, 4)),
    Locks(key=Key(9, "minor"), programs=(0, 128), bars=(2, 6)),
    Locks(families=((40, 41, 42, 43),), open_programs=True, duration_seconds=(10, 14)),
]


def grown(rows: Sequence[Sequence[int]], at: int) -> torch.Tensor:
    return torch.tensor([[START, *row[1:at]] for row in rows])


def test_a_row_of_a_batch_is_as_if_alone_and_a_replay_as_if_followed():
    tokens = token_events()
    rows = write(FOUR, 220, noise)
    length = min(map(len, rows))
    scores = torch.randn(4, len(tokens), generator=torch.Generator().manual_seed(0))
    followed = MusicLogitsProcessor(tokens, EOS, 220, FOUR)
    for at in range(1, length):
        together = followed(grown(rows, at), scores)
        if at % 9 == 0:
            torch.testing.assert_close(together, MusicLogitsProcessor(tokens, EOS, 220, FOUR)(grown(rows, at), scores))
            for row in range(4):
                alone = MusicLogitsProcessor(tokens, EOS, 220, FOUR[row])(
                    grown(rows, at)[row : row + 1], scores[row:][:1]
                )
                torch.testing.assert_close(together[row : row + 1], alone)


def test_rows_that_change_places_are_recognised():
    """Beams: three rows for each of two prompts, reordered within the prompt at every step."""
    tokens, locks, rng = token_events(), FOUR[1:3], random.Random(0)
    scores = torch.randn(6, len(tokens), generator=torch.Generator().manual_seed(0))
    processor, dice = MusicLogitsProcessor(tokens, EOS, 150, locks), torch.Generator().manual_seed(1)
    ids = torch.full((6, 1), START)
    for _ in range(60):
        out = processor(ids, scores)
        torch.testing.assert_close(out, MusicLogitsProcessor(tokens, EOS, 150, locks)(ids, scores))
        order = [rng.randrange(3) for _ in range(3)] + [3 + rng.randrange(3) for _ in range(3)]
        token = torch.multinomial(out.softmax(-1), 1, generator=dice)
        ids = torch.cat([ids, token], 1)[order]


@pytest.mark.parametrize("options", [{"num_beams": 3}, {"do_sample": True, "num_return_sequences": 3}, {}])
def test_generate_holds_the_locks(tiny_checkpoint: Path, options: dict[str, Any]):
    from midi_text.modeling_midi_text import MidiTextForConditionalGeneration
    from midi_text.tokenization_midi_text import MidiTextTokenizer

    tokenizer = MidiTextTokenizer.from_pretrained(tiny_checkpoint)
    model = MidiTextForConditionalGeneration.from_pretrained(tiny_checkpoint)
    locks = [Locks(bars=(2, 2), programs=(0,), time_signature=(3, 4)), Locks(bars=(3, 3), tempo_bpm=(80, 80))]
    processor = MusicLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, 121, locks)
    torch.manual_seed(0)
    out = model.generate(
        torch.tensor([[5, 6, 7], [5, 7, 8]]), max_new_tokens=120, logits_processor=[processor], **options
    )
    each = len(out) // 2
    for row, ids in enumerate(out.tolist()):
        assert tokenizer.eos_token_id in ids
        check([event for i in ids for event in tokenizer.token_events[i]], locks[row // each])


# -- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["aarden-essen", "albrecht-shanahan"])
def test_a_key_finder_hears_the_asked_key(profile: str):
    keys = [Key(tonic, mode) for tonic in range(12) for mode in ("major", "minor")]
    locks = [Locks(key=key, bars=(6, 6), time_signature=(4, 4), programs=(0, 128)) for key in keys]
    heard = []
    for ids in write(locks, 260, flat):
        score = VOCABULARY.decode(events_of(ids))
        notes = [note for track in score.tracks if not track.is_drum for note in track.notes]
        heard.append(estimate_key([n.pitch for n in notes], [n.duration for n in notes], profile)[0])
    assert sum(map(Key.__eq__, keys, heard)) >= 22  # of 24; by the scale alone it is half


def test_a_key_is_idle_where_only_drums_play():
    (ids,) = write([Locks(key=Key(0, "major"), programs=(128,))], 100, noise)
    assert not any(event.startswith("Pitch_") for event in events_of(ids))


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locks", "message"),
    [
        ({"bars": (5, 3)}, "lowest <= highest"),
        ({"bars": (0, 3)}, "within 1..1000"),
        ({"bars": (1.5, 3)}, "whole numbers"),
        ({"tempo_bpm": (20, 40)}, "within 30..250"),
        ({"tempo_bpm": (120, 300)}, "within 30..250"),
        ({"programs": (129,)}, "0..127, or 128 for drums"),
        ({"programs": (0,), "excluded_programs": (0,)}, "asked for and excluded"),
        ({"families": ((40, 41),), "excluded_programs": (41, 40)}, "asked for and excluded"),
        ({"excluded_programs": tuple(range(129))}, "leave an instrument"),
        ({"bars": (4, 4), "duration_seconds": (10, 10)}, "cannot both be locked"),
        ({"duration_seconds": (10, 5)}, "lowest <= highest"),
        ({"chromatic_share": 1.5}, "between 0 and 1"),
    ],
)
def test_contradictions_are_refused(locks: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        Locks(**locks)


@pytest.mark.parametrize(
    ("locks", "message"),
    [
        (Locks(time_signature=(13, 8)), "time_signature must be one of 1/4, 2/2"),
        (Locks(tempo_bpm=(96.2, 96.7)), "widen the range to whole numbers"),
        ([], "one entry per prompt"),
    ],
)
def test_what_the_vocabulary_cannot_hold_is_refused(locks: Any, message: str):
    with pytest.raises(ValueError, match=message):
        MusicLogitsProcessor(token_events(), EOS, 100, locks)


def test_rows_must_be_shared_out():
    processor = MusicLogitsProcessor(token_events(), EOS, 100, [None, None])
    with pytest.raises(ValueError, match="3 rows cannot be shared out among 2"):
        processor(torch.full((3, 1), START), torch.zeros(3, len(token_events())))


def test_a_vocabulary_without_its_single_events_is_refused():
    with pytest.raises(ValueError, match="VELOCITY"):
        MusicLogitsProcessor([e for e in token_events() if not (len(e) == 1 and "Velocity" in e[0])], EOS, 100)
    with pytest.raises(ValueError, match="at least one music token"):
        MusicLogitsProcessor([(), ()], 1, 100)


def test_captions_are_words():
    processor = TextOnlyLogitsProcessor(token_events(), EOS, [0, START, EOS])
    out = processor(torch.zeros(2, 1, dtype=torch.long), torch.zeros(2, len(token_events()) + 5))
    open_ids = torch.isfinite(out[0]).nonzero()[:, 0].tolist()
    assert open_ids == [EOS, *range(3, OFFSET)]
