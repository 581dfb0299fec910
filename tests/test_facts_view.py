import symusic

from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score


def view_of(*notes, metres=((0, 4, 4),)):
    """The view of notes of (onset, length, pitch) in ticks of 480 to the quarter."""
    score = symusic.Score(480)
    for metre in metres:
        score.time_signatures.append(symusic.TimeSignature(*metre))
    track = symusic.Track()
    track.notes.extend([symusic.Note(onset, length, pitch, 80) for onset, length, pitch in notes])
    score.tracks.append(track)
    return view_score(read_score(score).score)


def test_a_chord_that_is_not_quite_together_is_one_onset():
    view = view_of((0, 480, 48), (15, 480, 64), (480, 480, 60), (480, 480, 67), (960, 480, 50))
    notes = view.notes
    assert notes.onsets().tolist() == [0, 1, 2, 4]
    assert notes.onsets(view.together).tolist() == [0, 2, 4]
    assert notes.top_line().pitch.tolist() == [48, 64, 67, 50]
    assert notes.top_line(view.together).pitch.tolist() == [64, 67, 50]
    assert not len(view.drums.onsets())
    assert not len(view.drums.top_line())


def test_the_bar_of_a_tick_and_its_place_in_it():
    view = view_of((0, 480, 60), (2400, 480, 60), metres=((0, 4, 4), (1920, 3, 4)))
    ticks = view.bar_lines[[0, 1, 2]] + [1919, 0, 480]
    assert view.bar_lines.tolist() == [0, 1920, 3360]
    assert view.bar_of(ticks).tolist() == [0, 1, 1]  # what lies beyond the last line is in the last bar
    assert view.position(ticks).tolist() == [1919 / 480, 0.0, 4.0]
