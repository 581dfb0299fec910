"""What infilling and refining know of held-out music: bits of the true bars, errors of velocities."""

from pathlib import Path

import numpy as np
import pytest
import symusic
import torch
from transformers import pipeline

from midi_text.evaluation.changes import AccentRule, infill_rows, refine_rows
from midi_text.evaluation.likelihood import Excerpt
from midi_text.events_midi_text import EventVocabulary
from midi_text.masks_midi_text import ColumnReader

VOCABULARY = EventVocabulary()
READER = ColumnReader(VOCABULARY.names)


def excerpt(bars: int, loud: int = 100, soft: int = 60) -> Excerpt:
    """A piano scale in 4/4 whose first beats are loud."""
    score = symusic.Score(48)
    track = symusic.Track(program=0)
    for beat in range(4 * bars):
        track.notes.append(symusic.Note(48 * beat, 48, 60 + beat % 7, soft if beat % 4 else loud))
    score.tracks.append(track)
    return Excerpt("made", np.array(VOCABULARY.encode(score)), "a scale", 4 * bars)


def test_the_rule_hears_accents():
    training = [READER.read(excerpt(8).events)]
    rule = AccentRule(training, READER)
    predicted, truth = rule.predict(training[0]), rule.steps(training[0])
    assert np.abs(predicted - truth).max() <= 1
    assert np.abs(predicted - truth).mean() < np.abs(rule.constant - truth).mean()


def test_infilled_bars_cost_what_the_model_says(tiny_checkpoint: Path):
    pipe = pipeline("text-to-midi", model=str(tiny_checkpoint), device="cpu")
    torch.nn.init.zeros_(pipe.model.get_input_embeddings().weight)  # then every id is equally likely
    rows = {row.metric: row.value for row in infill_rows(pipe.model, pipe.processor, [excerpt(6), excerpt(2)])}
    assert rows["infill/excerpts"] == 1
    bits = np.log2(pipe.model.config.vocab_size)
    overhead = rows["infill/bits_per_note/both_sides"] - rows["infill/bits_per_note/left_side"]
    assert 0 <= overhead <= 3 * bits, "position, tempo and program are stated again"
    with pytest.raises(ValueError, match="three bars or more"):
        infill_rows(pipe.model, pipe.processor, [excerpt(2)])


def test_refined_velocities_are_measured_in_steps(tiny_checkpoint: Path):
    pipe = pipeline("text-to-midi", model=str(tiny_checkpoint), device="cpu")
    held_out, training = [excerpt(2), excerpt(2, loud=60)], [excerpt(4).events]
    rows = {row.metric: row.value for row in refine_rows(pipe, held_out, training)}
    assert rows["refine/excerpts"] == 1, "even music is left out"
    assert 0 <= rows["refine/velocity_error/model"] <= 15
    assert rows["refine/velocity_error/rule"] < rows["refine/velocity_error/constant"] < 2
    with pytest.raises(ValueError, match="several velocities"):
        refine_rows(pipe, [], training)
