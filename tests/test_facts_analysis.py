"""The analysis as a whole: one dataclass, exact in JSON, moved with the music, for any score that can be read."""

import json

import pytest
from hypothesis import given, settings
from random_scores import scores
from test_study import reference, score

from midi_text.facts.analysis import Analysis, analyze, analyze_view
from midi_text.facts.traits import ALL_TRAITS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import transpose


@given(scores())
@settings(max_examples=40)
def test_any_score_is_analysed_and_travels_as_json(some):
    analysis = analyze(some)
    assert analysis.traits <= ALL_TRAITS
    assert Analysis.from_dict(json.loads(json.dumps(analysis.to_dict()))) == analysis


def test_it_moves_with_the_music():
    tune = score(reference())
    moved, measured = analyze(tune).transposed(2), analyze(transpose(tune, 2))
    assert [span.key.name for span in moved.tonality.spans] == ["D major"]
    for name in ("tonality", "form", "motifs", "rhythm", "expression", "texture"):
        assert getattr(moved, name) == getattr(measured, name), name
    assert [span.chord for span in moved.harmony.chords] == [span.chord for span in measured.harmony.chords]
    assert [part.lowest_pitch for part in moved.parts.parts] == [part.lowest_pitch for part in measured.parts.parts]


def test_a_view_need_not_be_laid_out_twice():
    tune = score(reference())
    assert analyze_view(view_score(tune)) == analyze(tune)


def test_json_that_lacks_a_field():
    values = analyze(score(reference())).to_dict()
    del values["form"]
    with pytest.raises(KeyError, match="form"):
        Analysis.from_dict(values)
