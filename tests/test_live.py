"""Playing along: decisions on a clock that the test moves, sound in memory; real time only where nothing is timed."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import mido.ports
import mido.sockets
import numpy as np
import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st
from random_scores import scores

from midi_text import read_score
from midi_text.cli import main
from midi_text.facts_midi_text import measure_facts
from midi_text.live import ports
from midi_text.live.grid import Grid, Timeline
from midi_text.live.jam import Jam, JamSettings, State
from midi_text.live.phrase import Heard, Listener, encode_bars, quantise, recording, snap
from midi_text.live.ports import LivePortError, MidoPort, describe, open_ports
from midi_text.live.rehearsal import TUNE, rehearse
from midi_text.live.scheduler import LATE, Scheduler, Sounding
from midi_text.live.session import Session
from midi_text.live.stream import DRUMS, LiveNote, NoteStream
from midi_text.live.tempo import distinct_onsets, estimate_tempo, fit_grid
from midi_text.live.writer import MEMORY_IDS, ModelWriter, Turn, WritingThread
from midi_text.processing_midi_text import MidiTextProcessor

ODE = np.array([beat for beat, _ in TUNE])  # onsets in quarter notes
C_MAJOR = (0, 2, 4, 5, 7, 9, 11)


class Clock:
    """Seconds that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def on(pitch: int, velocity: int = 80, channel: int = 0) -> bytes:
    return bytes((0x90 | channel, pitch, velocity))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((0x80 | channel, pitch, 0))


# -- bars and beats ----------------------------------------------------------------------------------------------


def test_a_grid_knows_when_a_beat_of_a_bar_comes():
    waltz = Grid(start=10.0, first_bar=2, tempo_bpm=60, metre=(3, 4))
    assert waltz.time_of(2) == 10.0
    assert waltz.time_of(3, 12) == 14.0
    assert waltz.time_of(1) == 7.0
    assert waltz.bar_at(11.5) == 2.5
    jig = Grid(start=0.0, first_bar=0, tempo_bpm=90, metre=(6, 8))  # an eighth lasts a third of a second
    assert jig.bar_seconds == pytest.approx(2.0)
    assert jig.time_of(0, 12) == pytest.approx(1 / 3)


def test_a_timeline_changes_tempo_at_a_bar_line():
    timeline = Timeline()
    assert not timeline
    timeline.add(Grid(0.0, 0, 120, (4, 4)))
    timeline.add(Grid(4.5, 2, 60, (4, 4)))  # bar 2 comes half a second late: the player has waited
    assert timeline.time_of(1) == 2.0
    assert timeline.time_of(3) == 8.5
    assert timeline.bar_at(3.0) == 1.5
    assert timeline.bar_at(4.3) == 2.0  # waiting
    assert timeline.bar_at(6.5) == 2.5
    timeline.add(Grid(2.0, 1, 100, (4, 4)))
    assert [grid.first_bar for grid in timeline.grids] == [0, 1]


# -- tempo -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tempo", [66, 84, 100, 120, 144, 160])
def test_the_tempo_of_a_tune_is_heard(tempo: float):
    rng = np.random.default_rng(tempo)
    times = 5 + ODE * 60 / tempo + rng.uniform(-0.01, 0.01, len(ODE))
    heard = estimate_tempo(times)
    assert heard == pytest.approx(tempo, rel=0.015)
    grid = fit_grid(Grid(times[0], 0, heard, (4, 4)), times)
    assert grid.tempo_bpm == pytest.approx(tempo, rel=0.006)
    assert grid.start == pytest.approx(5, abs=0.012)


def test_running_eighths_are_not_taken_for_quarters():
    assert estimate_tempo(np.arange(16) * 0.25) == pytest.approx(120, rel=0.01)


def test_bounds_say_which_pulse_is_meant():
    quarters_at_100 = np.arange(12) * 0.6
    assert estimate_tempo(quarters_at_100) == pytest.approx(100, rel=0.01)
    assert estimate_tempo(quarters_at_100, bounds=(40, 60)) == pytest.approx(50, rel=0.01)


def test_a_jig_is_felt_in_dotted_quarters():
    eighths = np.arange(24) * 0.2  # a dotted quarter of 0.6 s is 100 a minute, a quarter 150
    accented = np.concatenate([eighths[::3], eighths[2::3]])
    assert estimate_tempo(accented, metre=(6, 8)) == pytest.approx(150, rel=0.01)


def test_too_few_onsets_have_no_tempo_and_a_chord_is_one_onset():
    chord = [1.0, 1.01, 1.02, 1.03, 1.035, 2.0]
    assert distinct_onsets(np.array(chord)).tolist() == [1.0, 2.0]
    assert estimate_tempo(np.array(chord)) is None
    assert distinct_onsets(np.zeros(0)).tolist() == []


def test_the_beat_follows_a_player_who_slows_down_but_no_further_than_it_may():
    believed = Grid(0.0, 4, 120, (4, 4))
    assert fit_grid(believed, np.arange(16) * 60 / 116).tempo_bpm == pytest.approx(116, rel=0.002)
    assert fit_grid(believed, np.arange(16) * 60 / 116, most=0.01).tempo_bpm == pytest.approx(118.8, rel=0.002)
    late = fit_grid(believed, 0.05 + np.arange(16) * 0.5)
    assert (late.start, late.first_bar) == (pytest.approx(0.05), 4)
    assert fit_grid(believed, np.array([0.0, 0.5])) is believed


# -- what was played ---------------------------------------------------------------------------------------------


def test_a_quarter_goes_in_fourths_or_in_thirds():
    fourths = np.array([0.0, 0.26, 0.49, 0.76])
    thirds = np.array([1.01, 1.32, 1.68, 1.99])
    assert snap(np.concatenate([fourths, thirds])) == pytest.approx([0, 0.25, 0.5, 0.75, 1, 4 / 3, 5 / 3, 2])


def test_a_listener_pairs_notes_by_channel():
    listener = Listener()
    script = [
        (0.0, bytes((0xC1, 40))),  # a violin on channel 1
        (0.0, on(60)),
        (0.1, on(60, channel=1)),
        (0.5, off(60)),
        (0.6, on(60, 0, channel=1)),  # velocity 0 ends a note
        (1.0, on(36, channel=9)),
        (1.1, on(36, channel=9)),  # struck again: the first has ended
        (1.2, bytes((0xFE,))),
        (1.2, off(72)),  # never begun
    ]
    for at, message in script:
        listener.hear(message, at)
    assert [(note.start, note.end, note.program) for note in listener.notes] == [
        (0.0, 0.5, 0),
        (0.1, 0.6, 40),
        (1.0, 1.1, DRUMS),
        (1.1, None, DRUMS),
    ]
    assert len(listener.since(1.0)) == 2


def test_playing_is_laid_on_the_grid():
    timeline = Timeline()
    timeline.add(Grid(10.0, 0, 120, (3, 4)))
    played = [Heard(10.01, 60, 80, 0, 10.48), Heard(11.49, 64, 70, 0, 11.52), Heard(11.76, 67, 70, 0, None)]
    assert quantise(played, timeline, now=12.25) == [
        LiveNote(0, 0, 12, 60, 80, 0),
        LiveNote(1, 0, 2, 64, 70, 0),  # early for the bar line, and no shorter than can be written
        LiveNote(1, 6, 12, 67, 70, 0),  # sounds until now
    ]
    assert quantise([], timeline, 0.0) == []


@pytest.fixture(scope="module")
def tokenizer(tiny_checkpoint: Path):
    return MidiTextProcessor.from_pretrained(tiny_checkpoint).tokenizer


def test_bars_are_encoded_with_the_silent_ones_behind(tokenizer):
    notes = [LiveNote(2, 0, 12, 60, 80, 0), LiveNote(3, 24, 6, 40, 80, DRUMS), LiveNote(5, 0, 12, 70, 80, 0)]
    ids, first = encode_bars(tokenizer, notes, (1, 5), (97.4, (3, 4)))
    assert first == 2
    events = [event for token in ids for event in tokenizer.token_events[token]]
    assert events.count("Bar_None") == events.count("TimeSig_3/4") == 3  # bars 2, 3 and the silent 4
    assert "Tempo_97.0" in events
    assert "Pitch_70" not in events
    (drums,) = [track for track in tokenizer.decode_score(ids).tracks if track.is_drum]
    assert drums.notes[0].time == 48 * 5
    assert encode_bars(tokenizer, notes, (0, 2), (100, (3, 4))) == ([], 2)


def test_a_recording_keeps_time_and_tempo():
    timeline = Timeline()
    timeline.add(Grid(100.0, 0, 120, (4, 4)))
    timeline.add(Grid(102.0, 1, 60, (4, 4)))
    score = recording(
        {"player": [Heard(100.0, 60, 80, 0, 100.5)], "midi-text": [Heard(102.0, 64, 80, 0, 104.0)]}, timeline, 104.0
    )
    assert [(tempo.time, round(tempo.qpm)) for tempo in score.tempos] == [(0, 120), (1920, 60)]
    assert [(t.name, t.notes[0].time, t.notes[0].duration) for t in score.tracks] == [
        ("player", 0, 480),
        ("midi-text", 1920, 960),
    ]
    assert recording({"player": []}, timeline, 104.0) is None


# -- tokens become notes -----------------------------------------------------------------------------------------


@given(score=scores())
@settings(max_examples=25, deadline=None)
def test_a_stream_hears_what_decoding_the_whole_hears(tokenizer, score: symusic.Score):
    ids = tokenizer.encode_score(score).ids
    stream = NoteStream(tokenizer.token_events)
    streamed = sorted((n.program, n.pitch, n.velocity) for token in ids for n in stream.push(token))
    whole = tokenizer.decode_score(ids)
    assert streamed == sorted(
        (DRUMS if t.is_drum else t.program, n.pitch, n.velocity) for t in whole.tracks for n in t.notes
    )


def test_a_stream_places_notes_in_bars(tokenizer):
    notes = [LiveNote(0, 0, 12, 60, 79, 0), LiveNote(0, 30, 3, 67, 79, 40), LiveNote(1, 4, 4, 62, 79, 0)]
    ids, _ = encode_bars(tokenizer, notes, (0, 2), (120, (4, 4)))
    stream = NoteStream(tokenizer.token_events, first_bar=7)
    came = [note for token in ids for note in stream.push(token)]
    assert came == [note._replace(bar=note.bar + 7) for note in notes]
    assert stream.bar == 8


# -- sending -----------------------------------------------------------------------------------------------------


def sounding(start: float, end: float, pitch: int = 60, program: int = 0) -> Sounding:
    return Sounding(start, end, pitch, 80, program)


def test_notes_are_sent_in_the_order_of_time():
    clock, sent = Clock(), []
    scheduler = Scheduler(sent.append, clock)
    scheduler.play(sounding(2.0, 3.0, 64))
    scheduler.play(sounding(1.0, 2.0, 60))
    assert scheduler.send_due(0.5) == 1.0
    assert sent == []
    assert scheduler.send_due(2.0) == 3.0
    assert sent == [bytes((0xC0, 0)), on(60), off(60), on(64)]  # an end before a start at the same moment
    assert scheduler.send_due(3.0) is None
    assert sent[-1] == off(64)


def test_a_note_that_is_known_too_late_is_refused():
    clock = Clock()
    scheduler = Scheduler([].append, clock)
    clock.now = 5.0
    assert scheduler.play(sounding(5.0 - LATE / 2, 6.0))
    assert not scheduler.play(sounding(5.0 - 2 * LATE, 6.0))


def test_cancelled_notes_never_begin_and_sounding_ones_end():
    sent = []
    scheduler = Scheduler(sent.append, Clock())
    scheduler.play(sounding(1.0, 5.0, 60))
    scheduler.play(sounding(2.0, 3.0, 64))
    scheduler.send_due(1.0)
    scheduler.cancel_from(2.0)
    assert scheduler.send_due(1.5) == 5.0
    scheduler.send_due(9.0)
    assert sent == [bytes((0xC0, 0)), on(60), off(60)]


def test_a_note_struck_again_is_ended_first_and_its_old_end_does_not_cut_the_new():
    sent = []
    scheduler = Scheduler(sent.append, Clock())
    scheduler.play(sounding(1.0, 3.0))
    scheduler.play(sounding(2.0, 4.0))
    scheduler.send_due(3.5)
    assert sent[1:] == [on(60), off(60), on(60)]
    scheduler.send_due(4.0)
    assert sent[4:] == [off(60)]


def test_programs_have_channels_and_drums_have_theirs():
    sent = []
    scheduler = Scheduler(sent.append, Clock())
    for number, program in enumerate([*range(20, 36), DRUMS, 20]):  # 16 programs on 15 channels
        scheduler.play(sounding(number, number + 0.5, 60, program))
    scheduler.send_due(99.0)
    changes = {message[0] & 15 for message in sent if message[0] >> 4 == 0xC}
    assert changes == set(range(16)) - {9}
    assert on(60, channel=9) in sent
    assert sum(message[0] >> 4 == 0xC for message in sent) == 17  # the first had to give way, and came back


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 2, st.integers(60, 63), st.sampled_from([0, 40, DRUMS]))))
def test_nothing_sounds_after_closing(notes: list[tuple[int, int, int, int]]):
    sent: list[bytes] = []
    scheduler = Scheduler(sent.append, Clock())
    for start, length, pitch, program in notes:
        scheduler.play(sounding(start, start + length, pitch, program))
    scheduler.send_due(20.0)
    scheduler.close()
    down: set[tuple[int, int]] = set()
    for message in sent:
        key = message[0] & 15, message[1]
        if message[0] >> 4 == 9:
            assert key not in down
            down.add(key)
        elif message[0] >> 4 == 8:
            down.remove(key)
    assert not down
    used = {message[0] & 15 for message in sent if message[0] >> 4 == 9}
    assert {message[0] & 15 for message in sent if message[1] == 123 and message[0] >> 4 == 0xB} == used
    assert not scheduler.play(sounding(99, 100))


def test_a_broken_port_is_remembered_and_does_not_hang():
    def broken(message: bytes) -> None:
        raise LivePortError("the port is gone")

    scheduler = Scheduler(broken)
    scheduler.start()
    assert scheduler.play(sounding(scheduler.clock(), 1e9))
    deadline = time.monotonic() + 5
    while scheduler.error is None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert isinstance(scheduler.error, LivePortError)
    scheduler.close()


# -- who plays when ----------------------------------------------------------------------------------------------


class ScriptedWriter:
    """Notes what was asked; the test hands the notes over."""

    def __init__(self) -> None:
        self.turns: list[tuple[Turn, Callable[[LiveNote], None]]] = []
        self.latencies: list[float] = []
        self.error: Exception | None = None

    def start(self, turn: Turn, on_note: Callable[[LiveNote], None]) -> None:
        self.turns.append((turn, on_note))

    def answer(self, *bars: int) -> None:
        """A quarter note on each of the bars."""
        for bar in bars:
            self.turns[-1][1](LiveNote(bar, 0, 12, 72, 80, 0))


class Room:
    """A jam with everything in memory and a clock to move."""

    def __init__(self, **options) -> None:
        self.clock, self.sent, self.said = Clock(), [], []
        self.writer = ScriptedWriter()
        self.scheduler = Scheduler(lambda message: self.sent.append((self.clock.now, message)), self.clock)
        self.jam = Jam(JamSettings(**options), self.writer, self.scheduler, self.said.append)

    def play(self, onsets, pitch: int = 60) -> None:
        """The player's notes, and time going on to the last of them."""
        for onset in onsets:
            self.wait(until=onset)
            self.jam.hear(on(pitch), onset)
            self.jam.hear(off(pitch), onset + 0.1)

    def wait(self, until: float) -> None:
        while self.clock.now < until:
            self.clock.now = min(until, self.clock.now + 0.005)
            self.scheduler.send_due(self.clock.now)
            self.jam.advance(self.clock.now)

    @property
    def onsets(self) -> list[float]:
        return [round(at, 3) for at, message in self.sent if message[0] >> 4 == 9]


def test_an_answer_begins_on_the_bar_line_after_the_call():
    room = Room(turn_bars=2)
    room.play(3 + np.arange(8) * 0.5)  # two bars of quarters at 120
    assert room.jam.state is State.CALL
    room.wait(until=6.7)
    assert room.jam.state is State.ANSWER  # closed a little before its last bar line, at 7
    (turn, _) = room.writer.turns[0]
    assert (turn.start, turn.end, turn.metre) == (2, 4, (4, 4))
    assert turn.tempo_bpm == pytest.approx(120, rel=0.005)
    assert [(note.bar, note.position) for note in turn.notes] == [
        (bar, beat * 12) for bar in (0, 1) for beat in range(4)
    ]
    room.writer.answer(2, 3)
    room.wait(until=10.9)
    assert room.onsets == pytest.approx([7.0, 9.0], abs=0.006)
    room.wait(until=11.1)
    assert room.jam.state is State.LISTENING
    room.play(11.0 + np.arange(1, 8) * 0.5)
    room.wait(until=15)
    turn = room.writer.turns[1][0]
    assert (turn.start, turn.end) == (6, 8)
    assert {note.bar for note in turn.notes} == {0, 1, 2, 3, 4, 5}  # what both played


def test_words_that_state_a_tempo_fix_it():
    room = Room(words="a march at 100 BPM", turn_bars=1)
    room.play([2.0, 2.9, 4.1])
    room.wait(until=4.39)
    (turn, _) = room.writer.turns[0]
    assert turn.tempo_bpm == 100
    room.writer.answer(1)
    room.wait(until=5)
    assert room.onsets == pytest.approx([4.4], abs=0.006)


def test_the_metre_comes_from_the_words_unless_it_is_given():
    assert Room(words="a waltz in 3/4").jam.metre == (3, 4)
    assert Room(words="a waltz in 3/4", metre=(6, 8)).jam.metre == (6, 8)
    assert Room().jam.metre == (4, 4)


def test_new_words_change_the_answer_from_the_next_bar_line_on():
    room = Room(words="piano", turn_bars=4, tempo_bpm=120)
    room.play(1 + np.arange(16) * 0.5)
    room.wait(until=8.9)
    room.writer.answer(4, 5, 6, 7)
    room.wait(until=9.3)  # in bar 4, the first of the answer
    room.jam.steer("violin in A minor", room.clock.now)
    old, (turn, _) = room.writer.turns
    assert (turn.words, turn.start, turn.end) == ("violin in A minor", 5, 8)
    assert [note.bar for note in turn.notes if note.pitch == 72] == [4]
    old[1](LiveNote(7, 0, 12, 99, 80, 0))  # what was being written comes to nothing
    room.writer.turns[-1][1](LiveNote(5, 0, 12, 81, 80, 40))
    room.wait(until=18)
    pitches = [message[1] for _, message in room.sent if message[0] >> 4 == 9]
    assert 81 in pitches
    assert 99 not in pitches
    assert pitches.count(72) == 1


def test_new_words_between_answers_wait_and_impossible_words_change_nothing():
    room = Room(words="piano", tempo_bpm=120)
    room.jam.steer("flute", 0.0)
    assert room.jam.words == "flute"
    assert room.said == ["from the next answer on"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("midi_text.live.jam.read_words", _refuse)
        room.jam.steer("nonsense", 0.0)
    assert room.jam.words == "flute"
    assert room.said[-1] == "not changed: it contradicts itself"


def _refuse(*args: object) -> None:
    raise ValueError("it contradicts itself")


def test_new_words_can_change_the_tempo():
    room = Room(turn_bars=2, words="at 120 BPM")
    room.play(1 + np.arange(8) * 0.5)
    room.wait(until=5.2)
    room.jam.steer("slower, 60 BPM", room.clock.now)
    room.writer.answer(3)
    room.wait(until=12)
    assert room.jam.timeline.time_of(4) == pytest.approx(11.0)  # bar 3 begins at 7 and now lasts 4 s
    assert room.onsets == pytest.approx([7.0], abs=0.006)


def test_words_without_a_tempo_give_the_beat_back_to_the_player():
    room = Room(words="at 120 BPM", turn_bars=1)
    room.play(1 + np.arange(4) * 0.5)
    room.wait(until=5.0)
    room.jam.steer("a song", room.clock.now)
    room.play(5 + np.arange(8) * 30 / 124)  # eighths, a little faster
    room.wait(until=7.1)
    assert room.writer.turns[1][0].tempo_bpm == pytest.approx(124, rel=0.02)


def test_what_the_model_knows_too_late_is_a_rest():
    room = Room(turn_bars=1, tempo_bpm=120)
    room.play(1 + np.arange(4) * 0.5)
    room.wait(until=3.5)
    room.writer.turns[0][1](LiveNote(1, 0, 12, 72, 80, 0))  # was due at 3.0
    room.writer.turns[0][1](LiveNote(1, 36, 12, 74, 80, 0))  # comes at 4.5
    room.wait(until=4.8)
    assert room.onsets == pytest.approx([4.5], abs=0.006)
    assert room.jam.figures.missed == 1
    assert room.said[-1].startswith("the model is late")


def test_after_a_silence_the_players_onset_is_a_new_bar_line():
    room = Room(turn_bars=1, tempo_bpm=120)
    room.play(1 + np.arange(4) * 0.5)
    room.wait(until=5.0)  # the answer was bar 1
    room.play(12.3 + np.arange(4) * 0.5)
    room.wait(until=14.29)
    turn = room.writer.turns[1][0]
    assert room.jam.timeline.time_of(turn.start) == pytest.approx(14.3)


def test_onsets_without_a_tempo_are_forgotten():
    room = Room(turn_bars=1)
    room.play([1.0, 1.5])
    room.wait(until=6.0)
    assert room.jam.state is State.LISTENING
    assert room.said[-1].startswith("too few notes")
    room.play(8 + np.arange(5) * 0.5)
    room.wait(until=10.1)
    assert room.writer.turns[0][0].notes[0].bar == 0


def test_the_beat_follows_the_player_from_call_to_call():
    room = Room(turn_bars=2)
    room.play(1 + np.arange(8) * 0.5)
    room.wait(until=9.0)
    room.play(9 + np.arange(8) * 60 / 114)
    room.wait(until=13.1)
    assert room.writer.turns[1][0].tempo_bpm == pytest.approx(114, rel=0.01)


def test_accompanying_goes_on_as_long_as_the_player_does():
    room = Room(turn_bars=1, tempo_bpm=120, accompany=True)
    room.play(1 + np.arange(12) * 0.5)
    assert [turn.start for turn, _ in room.writer.turns] == [1, 2]
    assert not room.writer.turns[0][0].closes
    room.wait(until=20)
    assert room.jam.state is State.LISTENING
    assert [turn.start for turn, _ in room.writer.turns] == [1, 2, 3]


def test_a_lead_grows_with_what_answers_take():
    room = Room()
    assert room.jam.lead == 0.4
    room.writer.latencies[:] = [0.3, 0.4, 0.5]
    assert room.jam.lead == pytest.approx(0.6)
    room.writer.latencies[:] = [30.0]
    assert room.jam.lead == 1.0


def test_an_answer_that_cannot_be_written_does_not_end_the_music_but_a_broken_model_does():
    room = Room()
    room.writer.error = ValueError("bars must be more")
    room.jam.advance(0.0)
    assert room.said == ["no answer: bars must be more"]
    room.writer.error = RuntimeError("out of memory")
    with pytest.raises(RuntimeError, match="out of memory"):
        room.jam.advance(0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"turn_bars": 0}, "turn_bars must be from 1 to 16"),
        ({"tempo_bpm": 300}, "tempo_bpm must be from 30 to 250"),
        ({"turn_bars": 16}, "memory_bars must be at least turn_bars, 16"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        JamSettings(**options)


# -- the model goes on -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model_writer(tiny_checkpoint: Path) -> ModelWriter:
    from midi_text.cli.options import load_pipeline

    return ModelWriter(load_pipeline("text-to-midi", str(tiny_checkpoint), "cpu"))


CALL = tuple(LiveNote(int(beat) // 4, int(beat % 4 * 12), 9, pitch, 79, 0) for beat, pitch in TUNE)


def write(writer: ModelWriter, **options) -> list[LiveNote]:
    turn = Turn(
        **{"words": "", "notes": CALL, "first_bar": 0, "start": 4, "end": 5, "tempo_bpm": 112.3, **options},
        metre=(4, 4),
    )
    came: list[LiveNote] = []
    writer.write(turn, came.append, lambda: True)
    return came


def test_an_answer_fills_its_bars_in_order_and_adds_nothing_to_the_call(model_writer: ModelWriter):
    came = write(model_writer)
    assert came
    assert {note.bar for note in came} == {4}
    assert came == sorted(came, key=lambda note: (note.bar, note.position))
    assert came == write(model_writer)
    assert came != write(model_writer, seed=1)


def test_an_answer_holds_what_the_words_ask(model_writer: ModelWriter):
    came = write(model_writer, words="violin in C major, 32 bars")
    assert {note.program for note in came} == {40}
    assert np.mean([note.pitch % 12 in C_MAJOR for note in came]) > 0.8
    assert max(note.bar for note in came) == 4


def test_a_long_session_is_remembered_as_far_as_it_fits(model_writer: ModelWriter):
    crowd = tuple(LiveNote(bar, 3 * i, 3, 60 + i, 79, 0) for bar in range(12) for i in range(16))
    ids, first = model_writer._memory(Turn("", crowd, 0, 12, 14, 120, (4, 4)))
    assert len(ids) <= MEMORY_IDS
    assert 0 < first < 12
    assert {note.bar for note in write(model_writer, notes=crowd, start=12, end=14)} <= {12, 13}


def test_a_turn_that_is_no_longer_wanted_stops(model_writer: ModelWriter):
    came: list[LiveNote] = []
    turn = Turn("", CALL, 0, 4, 12, 120, (4, 4))
    model_writer.write(turn, came.append, lambda: not came)
    assert len(came) <= 3  # what the token in hand completes


def test_only_the_latest_turn_is_written():
    class Patient:
        def write(self, turn: Turn, on_note: Callable[[LiveNote], None], wanted: Callable[[], bool]) -> None:
            begun.put(turn.seed)
            while wanted() and turn.seed == 1:
                time.sleep(0.001)
            on_note(LiveNote(turn.seed, 0, 1, 60, 80, 0))
            if turn.seed == 3:
                raise RuntimeError("broken")

    begun: queue.SimpleQueue[int] = queue.SimpleQueue()
    came: list[int] = []
    writing = WritingThread(Patient())
    writing.start(Turn("", (), 0, 0, 1, 120, (4, 4), seed=1), lambda note: came.append(note.bar))
    assert begun.get(timeout=5) == 1
    writing.start(Turn("", (), 0, 0, 1, 120, (4, 4), seed=3), lambda note: came.append(note.bar))
    assert begun.get(timeout=5) == 3
    writing._asked.put(None)
    writing._thread.join()
    assert came == [3]
    assert len(writing.latencies) == 1
    assert isinstance(writing.error, RuntimeError)


# -- ports -------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_require_driver", lambda: None)


def test_without_ports_the_error_says_how_to_make_one(no_driver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "list_ports", lambda: ([], []))
    with pytest.raises(LivePortError, match=r"there is no MIDI input; .* --virtual .* modprobe snd-virmidi"):
        open_ports(None, None)
    assert "there are no MIDI ports" in describe(([], []))


def test_a_port_is_named_by_a_part_that_only_it_has(no_driver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "list_ports", lambda: (["Keystation 61:0", "Keystation 61:1", "Pad"], []))
    assert ports._choose("pad", "input") == "Pad"
    assert ports._choose("Keystation 61:1", "input") == "Keystation 61:1"
    with pytest.raises(
        LivePortError, match=r"'keystation' fits 2 ports; the MIDI inputs are 'Keystation 61:0', .*'Pad'"
    ):
        ports._choose("keystation", "input")
    with pytest.raises(LivePortError, match="--input must say which: there are 3 ports"):
        ports._choose(None, "input")


def test_an_unplugged_device_is_noticed_at_the_next_look(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "_LOOK", 0.0)
    plugged = ["Synth"]
    monkeypatch.setattr(ports, "list_ports", lambda: (["Keys"], plugged))
    keys = MidoPort(mido.ports.EchoPort(), "Keys")
    keys.devices = {"Keys"}, {"Synth"}
    keys.send(on(60))
    assert keys.pending() == [on(60)]
    plugged.clear()
    with pytest.raises(LivePortError, match="the port Synth is gone"):
        keys.pending()


@pytest.mark.usefixtures("no_driver")
def test_ports_are_opened_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "list_ports", lambda: (["Keys"], ["Synth 1", "Synth 2"]))
    opened: list[str] = []
    for door in ("open_input", "open_output"):
        monkeypatch.setattr(mido, door, lambda name, **options: opened.append(name) or mido.ports.EchoPort(name))
    source, target = open_ports(None, "synth 2")
    assert opened == [source.name, target.name] == ["Keys", "Synth 2"]
    assert source.devices == ({"Keys"}, {"Synth 2"})
    assert [port.name for port in open_ports(None, None, virtual=True)] == ["midi-text", "midi-text"]


def test_a_socket_that_nobody_listens_at_is_an_error(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(LivePortError, match="start the other side first"):
        open_ports(f"tcp:127.0.0.1:{_free_port()}", None)
    with pytest.raises(LivePortError, match="a socket port reads tcp:HOST:PORT"):
        open_ports("tcp:nowhere", None)


def test_listing_ports_needs_no_model(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(ports, "list_ports", lambda: (["Keys"], ["Synth"]))
    assert main(["jam", "--list-ports"]) == 0
    assert capsys.readouterr().out == "input   Keys\noutput  Synth\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# -- the whole ---------------------------------------------------------------------------------------------------


@pytest.fixture
def partner() -> Iterator[socket.socket]:
    """A socket on which the player waits for the jam to connect."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


def test_a_session_over_sockets_answers_records_and_says_when_the_port_is_gone(
    tiny_checkpoint: Path, tmp_path: Path, partner: socket.socket, capsys
):
    address = f"tcp:127.0.0.1:{partner.getsockname()[1]}"
    file = tmp_path / "takes" / "jam.mid"
    words = ["jam", "in C major for piano", "--model", str(tiny_checkpoint), "--bars", "1", "--tempo-bpm", "240"]
    codes: list[int] = []
    ports_and_file = ["--input", address, "--output", address, "--record", str(file)]
    thread = threading.Thread(target=lambda: codes.append(main([*words, *ports_and_file])), daemon=True)
    thread.start()
    line, _ = partner.accept()
    player = mido.sockets.SocketPort("the jam", 1, conn=line)
    time.sleep(0.2)
    for pitch in (60, 62, 64, 65):
        player.send(mido.Message("note_on", note=pitch))
        time.sleep(0.2)
        player.send(mido.Message("note_off", note=pitch))
    heard, deadline = [], time.monotonic() + 20
    while not any(message.type == "note_off" for message in heard) and time.monotonic() < deadline:
        heard += player.iter_pending()
        time.sleep(0.01)
    line.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=20)
    player.close()
    assert codes == [1]
    assert any(message.type == "note_on" for message in heard)
    assert "is gone" in capsys.readouterr().err
    facts = measure_facts(read_score(file).score)
    assert facts.notes >= 5
    assert {track.name for track in read_score(file).score.tracks} == {"player", "midi-text"}
    assert list(file.parent.iterdir()) == [file]


def test_an_interrupt_silences_everything():
    class Interrupted:
        calls = 0

        def pending(self) -> list[bytes]:
            self.calls += 1
            if self.calls == 1:
                session.scheduler.play(sounding(time.perf_counter(), 1e9, 60, 40))
            if any(message[0] >> 4 == 9 for message in sent):
                raise KeyboardInterrupt
            return []

    sent: list[bytes] = []
    session = Session(JamSettings(), NoWriter(), sent.append, lambda text: None)
    with pytest.raises(KeyboardInterrupt):
        session.run(Interrupted())
    assert sent == [bytes((0xC0, 40)), on(60), off(60), bytes((0xB0, 123, 0)), bytes((0xB0, 120, 0))]
    assert not any(thread.name.startswith("midi-text-s") for thread in threading.enumerate())


class NoWriter:
    def write(self, turn: Turn, on_note: Callable[[LiveNote], None], wanted: Callable[[], bool]) -> None:
        """Has nothing to say."""


def test_words_steer_from_another_thread():
    said: list[str] = []
    session = Session(JamSettings(), NoWriter(), lambda message: None, said.append)
    session.words.put("a fugue")
    source = type("Silence", (), {"pending": lambda self: []})()
    session.run(source, lambda now: bool(said))
    assert session.jam.words == "a fugue"


def test_words_that_contradict_themselves_start_no_session():
    with pytest.raises(ValueError, match="time_signature"):
        Session(JamSettings(metre=(13, 8)), NoWriter(), lambda message: None, lambda text: None)


@pytest.mark.slow
def test_the_embedded_checkpoint_keeps_time():
    from midi_text.cli.options import load_pipeline

    writer = ModelWriter(load_pipeline("text-to-midi", None, "cpu"))
    report = rehearse(writer, JamSettings("a lively piece in C major for piano"), 20, lambda text: None)
    assert report.answers == 1
    assert report.notes > 8
    assert report.tempo_heard == pytest.approx(report.tempo_asked, rel=0.01)
    assert report.within_20_ms >= 0.95
    assert report.latency_ms <= 500
