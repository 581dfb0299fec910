"""Whatever a file holds, reading it ends in an error that says why or in a score with its repairs stated."""

import io
import os
import random
import re
import time

import pytest
import symusic
from midi_bytes import END, meta, metre, number, off, on, smf, tempo

from midi_text.facts_midi_text import measure_facts
from midi_text.score_midi_text import MidiError, bar_starts, read_score, write_score

NOTE = on(0) + off(480) + END
HUGE = 0x0FFFFFFF  # the largest delta time the format can write


def notes_of(data, **limits):
    result = read_score(data, **limits)
    found = [(n.time, n.duration, n.pitch, n.velocity) for track in result.score.tracks for n in track.notes]
    return found, " ".join(result.repairs)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "the file is empty; give", id="empty"),
        pytest.param(b"ID3\x04 this is an mp3", "not a MIDI file: it begins with b'ID3", id="mp3"),
        pytest.param(smf(NOTE)[:9], "breaks off inside its header; copy or download", id="half a header"),
        pytest.param(smf(NOTE)[:14], "no notes", id="header only"),
        pytest.param(smf(END), "no notes in it; give a MIDI file with at least one", id="no notes"),
        pytest.param(smf(on(0, velocity=0) + END), "no notes", id="only note-ons of velocity 0"),
        pytest.param(smf(NOTE, division=0), "0 ticks per quarter note", id="0 ticks"),
        pytest.param(smf(NOTE, division=65_535), "time base 65535 is neither", id="65,535 ticks"),
        pytest.param(smf(NOTE, NOTE, kind=2), "type 2 .* save it as type 0 or 1", id="type 2"),
        pytest.param(smf(NOTE, kind=7), "type 7 does not exist", id="type 7"),
        pytest.param(smf(on(0) + off(HUGE) + END), "lasts 77.7 hours, .* stray note", id="a note of three days"),
        pytest.param(smf(on(0) + off(1) + on(HUGE - 9) + off(1) + END), "stray note", id="a note after three days"),
        pytest.param(smf(metre(0, 1, 6) + on(0) + off(4_000_000) + END), "133,334 bars", id="tiny bars"),
        pytest.param(smf(b"\x00\x90\xff\xff" + NOTE), r"no notes in it \(Track 1: damaged at byte 24", id="nonsense"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_why(data, says):
    with pytest.raises(MidiError, match=f"^<bytes>: .*{says}"):
        read_score(data)


@pytest.mark.parametrize(
    ("data", "notes", "says"),
    [
        pytest.param(smf(NOTE), [(0, 480, 60, 80)], "", id="faultless"),
        pytest.param(smf(NOTE, kind=2), [(0, 480, 60, 80)], "", id="type 2 with one track"),
        pytest.param(smf(NOTE, division=32_767), [(0, 480, 60, 80)], "", id="32,767 ticks"),
        pytest.param(smf(NOTE, division=0xE728), [(0, 480, 60, 80)], "SMPTE frames", id="SMPTE, 25 frames of 40"),
        pytest.param(smf(NOTE)[:-4], [(0, 480, 60, 80)], "Track 1 breaks off", id="no end of track"),
        pytest.param(smf(NOTE)[:-7], [(0, 480, 60, 80)], "Track 1 breaks off .* never end", id="cut in an event"),
        pytest.param(smf(NOTE, declared=3), [(0, 480, 60, 80)], "promises 3 tracks; 1 were found", id="track count"),
        pytest.param(b"RIFF\x00\x00\x00\x00RMIDdata\x00\x00\x00\x00" + smf(NOTE), [(0, 480, 60, 80)], "", id="RIFF"),
        pytest.param(
            smf(on(0) + off(480) + b"\x00\x90\x90\x90" + NOTE), [(0, 480, 60, 80)], "damaged at byte 33", id="damage"
        ),
        pytest.param(smf(tempo(0, 0) + NOTE), [(0, 480, 60, 80)], "Tempo events of 0 .* left out: 1", id="tempo 0"),
        pytest.param(smf(tempo(0, 9) + NOTE), [(0, 480, 60, 80)], "over 1,000 beats", id="tempo of millions"),
        pytest.param(smf(metre(0, 0, 2) + NOTE), [(0, 480, 60, 80)], "Time signatures .* left out: 1", id="0/4"),
        pytest.param(smf(metre(0, 4, 9) + NOTE), [(0, 480, 60, 80)], "Time signatures .* left out: 1", id="4/512"),
        pytest.param(smf(meta(0, 0x51, b"\x07") + NOTE), [(0, 480, 60, 80)], "too short", id="tempo of one byte"),
        pytest.param(
            smf(on(0) + on(0, 62) + off(480, 62) + END),
            [(0, 480, 62, 80), (0, 960, 60, 80)],
            "Track 1: notes that never end, .* after its last event: 1",
            id="endless note",
        ),
        pytest.param(
            smf(on(0) + on(0) + on(10) + END),
            [(0, 490, 60, 80), (0, 490, 60, 80), (10, 480, 60, 80)],
            "after its last event: 3",
            id="endless notes of one pitch",
        ),
        pytest.param(
            smf(on(0) + on(100) + off(100) + off(100) + END),
            [(0, 200, 60, 80), (100, 200, 60, 80)],
            "",
            id="overlapping notes of one pitch",
        ),
        pytest.param(smf(on(0) + off(0) + END), [(0, 1, 60, 80)], "without length, given one tick: 1", id="no length"),
        pytest.param(smf(on(0) + number(480) + b"\x3c\x00" + END), [(0, 480, 60, 80)], "", id="running status"),
        pytest.param(
            smf(on(0) + meta(10, 0x01, b"x") + number(470) + b"\x3c\x00" + END),
            [(0, 480, 60, 80)],
            "",
            id="running status over a text that is left out",
        ),
        pytest.param(smf(b"\x05\xf0\x03\x01\x02\xf7" + NOTE), [(5, 480, 60, 80)], "", id="system exclusive"),
        pytest.param(
            smf(on(0) + off(480) + on(HUGE) + off(9) + END, division=32_767),
            [(0, 480, 60, 80)],
            "what follows tick 268,435,455 was left out",
            id="past what the format can count",
        ),
        pytest.param(smf(NOTE[:-4] + meta(HUGE, 0x51, b"\x07\xa1\x20") + END), [(0, 480, 60, 80)], "", id="late tempo"),
    ],
)
def test_what_can_be_repaired_is_read_and_said(data, notes, says):
    found, repairs = notes_of(data)
    assert found == notes
    assert re.search(says or "^$", repairs), repairs
    again, repairs = notes_of(write_score(read_score(data).score))
    assert (again, repairs) == (notes, "")


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("Flöte".encode(), "Flöte", ""),
        ("Flöte".encode("latin-1"), "Flöte", "track name was read as Latin-1"),
        ("ピアノ".encode("shift_jis"), "ピアノ", "track name was read as Shift-JIS"),
        (b"\xff\xfe\x80", "ÿþ\x80", "Latin-1"),
    ],
)
def test_track_names_in_old_encodings(content, name, says):
    result = read_score(smf(meta(0, 3, content) + NOTE))
    assert result.score.tracks[0].name == name
    assert says in " ".join(result.repairs)


def test_smpte_time_keeps_its_seconds():
    result = read_score(smf(tempo(0, 250_000) + on(0) + off(1500) + END, division=0xE728))  # 25 x 40 ticks a second
    assert measure_facts(result.score).duration_seconds == pytest.approx(1.5)
    assert measure_facts(result.score).tempo_bpm == 60


def test_a_hundred_tracks():
    programs = [bytes((0, 0xC0, n)) + on(0, pitch=n) + off(480, pitch=n) + END for n in range(100)]
    result = read_score(smf(*programs))
    assert [track.program for track in result.score.tracks] == list(range(100))


def test_many_notes_fit_up_to_the_limit():
    track = b"".join(on(1, n % 128) + off(1, n % 128) for n in range(500_000)) + END
    begun = time.process_time()
    assert measure_facts(read_score(smf(track)).score).notes == 500_000
    assert time.process_time() - begun < 30
    with pytest.raises(MidiError, match=r"more than 499,999 notes; .* max_notes"):
        read_score(smf(track), max_notes=499_999)
    with pytest.raises(MidiError, match=r"larger than 1,000 bytes; .* max_bytes"):
        read_score(smf(track), max_bytes=1000)


def test_paths_that_are_no_midi_file(tmp_path):
    with pytest.raises(MidiError, match=r"nowhere\.mid: there is no such file; check the path"):
        read_score(tmp_path / "nowhere.mid")
    with pytest.raises(MidiError, match="not a file"):
        read_score(tmp_path)
    with pytest.raises(MidiError, match="not a file"):
        read_score("/dev/zero")
    with pytest.raises(MidiError, match="cannot be opened"):
        read_score("a\0b.mid")
    with pytest.raises(MidiError, match="cannot be opened"):
        read_score("x" * 10_000)
    locked = tmp_path / "locked.mid"
    locked.write_bytes(smf(NOTE))
    locked.chmod(0)
    if not os.access(locked, os.R_OK):  # the superuser may read everything
        with pytest.raises(MidiError, match="permissions"):
            read_score(locked)


def test_sources_of_a_wrong_kind():
    with pytest.raises(MidiError, match="opened as text; open it with mode 'rb'"):
        read_score(io.StringIO("MThd"))
    with pytest.raises(MidiError, match="a path, bytes, a binary file object or a symusic Score; got int"):
        read_score(3)


def test_scores_made_in_memory_are_checked_too():
    with pytest.raises(MidiError, match="no notes"):
        read_score(symusic.Score(480))
    for ticks in (0, 32_768):
        with pytest.raises(MidiError, match=rf"ticks_per_quarter must be 1\.\.32767, got {ticks}"):
            read_score(symusic.Score(ticks))
    score = symusic.Score(480)
    track = symusic.Track(program=5)
    for time_, duration, pitch, velocity in ((-5, 9, 60, 80), (0, 9, -5, 80), (0, 9, 60, -5), (7, 0, 61, 90)):
        track.notes.append(symusic.Note(time_, duration, pitch, velocity))
    score.tracks.append(track)
    found, repairs = notes_of(score)
    assert found == [(7, 1, 61, 90)]
    assert "impossible time, pitch or velocity, left out: 3" in repairs
    assert "without length, given one tick: 1" in repairs
    assert len(score.tracks[0].notes) == 4  # the caller's score is untouched
    score.tracks[0].program = 200
    with pytest.raises(MidiError, match=r"program 200; programs must be 0\.\.127"):
        read_score(score)


def random_score(rng: random.Random) -> symusic.Score:
    """A score of any numbers that symusic takes."""

    def any_time() -> int:
        return rng.choice((-(2**31), 2**31 - 1, -1, 0, 1, 480, rng.randrange(5000), rng.randrange(2**31)))

    score = symusic.Score(rng.choice((1, 24, 480, 32_767)))
    for _ in range(rng.randrange(1, 4)):
        track = symusic.Track(program=rng.randrange(130), is_drum=rng.random() < 0.2)
        for _ in range(rng.randrange(6)):
            pitch, velocity = rng.randrange(-20, 128), rng.randrange(-20, 128)
            track.notes.append(symusic.Note(any_time(), any_time(), pitch, velocity))
        track.controls.append(symusic.ControlChange(any_time(), 7, 100))
        track.pedals.append(symusic.Pedal(any_time(), any_time()))
        track.pitch_bends.append(symusic.PitchBend(any_time(), 99))
        score.tracks.append(track)
    for _ in range(rng.randrange(3)):
        score.tempos.append(symusic.Tempo(any_time(), mspq=any_time()))
        score.time_signatures.append(symusic.TimeSignature(any_time(), rng.randrange(256), rng.randrange(256)))
        score.markers.append(symusic.TextMeta(any_time(), "é"))
    return score


def test_500_random_scores():
    rng, read = random.Random(3), 0
    for _ in range(500):
        try:
            result = read_score(random_score(rng))
        except MidiError:
            continue
        read += 1
        again = read_score(write_score(result.score))
        assert again.repairs == ()
        facts, facts_again = measure_facts(result.score), measure_facts(again.score)
        assert (facts.notes, facts.bars) == (facts_again.notes, facts_again.bars)
    assert read > 100


def fuzz_seeds() -> list[bytes]:
    melody = b"".join(on(0, 60 + n % 12) + off(240, 60 + n % 12) for n in range(24))
    drums = b"".join(on(0, 36, channel=9) + off(120, 36, channel=9) for _ in range(24))
    conductor = meta(0, 3, b"song") + tempo(0, 500_000) + metre(0, 3, 2) + tempo(960, 400_000) + metre(960, 6, 3) + END
    piano = meta(0, 3, "ピアノ".encode("shift_jis")) + b"\x00\xc0\x05\x00\xb0\x40\x7f" + melody + END
    running = on(0) + b"".join(bytes((60, 60 + n, 80 if n % 2 else 0)) for n in range(40)) + END
    written = symusic.Score.from_midi(smf(conductor, piano)).dumps_midi()
    return [smf(conductor, piano, drums + END), smf(melody + drums + END, kind=0), smf(running, division=96), written]


def mutate(data: bytes, rng: random.Random) -> bytes:
    result = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not result:
            break
        at = rng.randrange(len(result))
        kind = rng.randrange(7)
        if kind == 0:
            result[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            result[at] = rng.choice((0, 0x7F, 0x80, 0xFF, 0x90, 0xF0, 0xF7, rng.randrange(256)))
        elif kind == 2:
            del result[at:]
        elif kind == 3:
            del result[at : at + rng.randrange(1, 9)]
        elif kind == 4:
            result[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 5:
            length = rng.randrange(1, 40)
            result[at:at] = result[at : at + length] * rng.randrange(1, 5)
        else:
            result[at : at + 4] = rng.choice((b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\xff\x2f\0\0", b"MTrk"))
    return bytes(result)


def test_2400_mutated_files():
    rng, seeds, read = random.Random(7), fuzz_seeds(), 0
    begun = time.process_time()
    for turn in range(2400):
        data = mutate(seeds[turn % len(seeds)], rng)
        try:
            result = read_score(data)
        except MidiError:
            continue
        read += 1
        facts = measure_facts(result.score)
        assert facts.bars == len(bar_starts(result.score)) - 1 <= 100_000, data.hex()
        assert 0 < facts.duration_seconds <= 24 * 3600, data.hex()
        assert all(track.notes.is_sorted() for track in result.score.tracks), data.hex()
        again = read_score(write_score(result.score))
        assert measure_facts(again.score).notes == facts.notes, data.hex()
    assert read > 1200
    assert time.process_time() - begun < 30
