"""The style probe: what it reads, how it is trained, when it speaks."""

import json
from pathlib import Path

import numpy as np
import pytest
from test_study import reference, score

from midi_text.data.styles import classes_of
from midi_text.evaluation.accuracy import style as accuracy
from midi_text.facts.view import view_score
from midi_text.score_midi_text import transpose
from midi_text.style_midi_text import PROBE_FILE, StyleProbe, style_features
from midi_text.training.style import ProbeSettings, save_probe, train_probe

PRETRAINED = Path(accuracy.__file__).parents[2] / "pretrained"


def test_features_do_not_know_key_tempo_or_loudness():
    plain = style_features(view_score(score(reference())))
    assert plain.ndim == 1
    assert plain.min() >= 0
    assert plain.max() <= 1
    louder = [(beat, length, pitch, 100) for beat, length, pitch, _ in reference()]
    assert np.array_equal(plain, style_features(view_score(score(louder, tempo=177))))
    moved = style_features(view_score(transpose(score(reference()), 2)))
    register = plain != moved  # lowest, highest and mean pitch, nothing else
    assert register.sum() == 3


def test_drums_alone_have_features():
    made = score(reference())
    made.tracks[0].is_drum = True
    features = style_features(view_score(made))
    assert np.isfinite(features).all()
    assert features[-144:].sum() > 0


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ({"genre": "folk", "dance_type": "jig"},
         {"genre": "folk", "dance": "jig", "period": "", "composer": "", "mood": "", "drum style": ""}),
        ({"genre": "secular", "form": "polonaise", "dance_type": "polonaise", "composer_dates": "1810-1849",
          "composer": "Frédéric Chopin", "tempo_word": "Allegro maestoso"},
         {"genre": "", "dance": "polonaise", "period": "Romantic", "composer": "Frédéric Chopin", "mood": "majestic",
          "drum style": ""}),
        ({"genre": "rock", "drum_style": "rock/halftime"},
         {"genre": "", "dance": "", "period": "", "composer": "", "mood": "", "drum style": "rock"}),
        ({"style": "Baroque"}, {"genre": "", "period": "Baroque", "dance": "", "drum style": ""}),
        ({"tempo_word": "Allegro agitato e dolce"}, {"drum style": ""}),
    ],
)  # fmt: skip
def test_labels_become_classes(labels, classes):
    assert classes_of(labels) == classes


def examples(rng: np.random.Generator, works: int) -> tuple[np.ndarray, list[dict[str, str]], list[str]]:
    """Two classes that can be told apart, and one that is mere noise."""
    features, classes, groups = [], [], []
    for work in range(works):
        waltz = work % 2 == 0
        for _ in range(2):
            features.append(rng.random((3, 8)) * 0.3 + np.eye(8)[0] * waltz)
            classes.append({"dance": "waltz" if waltz else "", "mood": ("calm", "agitated")[int(rng.integers(2))]})
            groups.append(f"work {work}")
    return np.array(features, np.float32), classes, groups


@pytest.fixture(scope="module")
def probe() -> StyleProbe:
    return train_probe(*examples(np.random.default_rng(0), 120), ProbeSettings(hidden=16, min_pieces=20, epochs=150))


def test_it_names_what_can_be_told_and_is_silent_on_noise(probe):
    features, classes, _ = examples(np.random.default_rng(1), 40)
    guesses = [probe.guess(piece[0]) for piece in features]
    named = [{g.kind: g.name for g in found} for found in guesses]
    truth = [of["dance"] == "waltz" for of in classes]
    said = ["dance" in found for found in named]
    assert sum(said) > 30
    assert all(is_one for is_one, says_so in zip(truth, said, strict=True) if says_so)
    assert not any("mood" in found for found in named)
    rows = accuracy.measure(probe, features, classes)
    assert [(row.fact, row.measure, row.value) for row in rows] == [("style: dance", "precision of 'waltz', %", 100.0)]
    assert rows[0].n == 120  # 40 waltzes, three views each


def test_saved_and_loaded(probe, tmp_path: Path):
    path = tmp_path / PROBE_FILE
    save_probe(probe, path)
    loaded = StyleProbe.load(path)
    features = np.random.default_rng(2).random((5, 8)).astype(np.float32)
    assert loaded.kinds == probe.kinds
    for kind, probability in probe.probabilities(features).items():
        assert np.allclose(loaded.probabilities(features)[kind], probability, atol=0.01)
        assert np.allclose(probability.sum(1), 1)
    assert [file.name for file in tmp_path.iterdir()] == [PROBE_FILE]


def test_training_is_reproducible(probe):
    again = train_probe(*examples(np.random.default_rng(0), 120), ProbeSettings(hidden=16, min_pieces=20, epochs=150))
    assert np.array_equal(again.hidden, probe.hidden)


def test_too_little_to_learn_from():
    features, classes, groups = examples(np.random.default_rng(0), 4)
    with pytest.raises(ValueError, match="two classes of 40 pieces each; there is none"):
        train_probe(features, classes, groups)


def test_a_file_that_is_no_probe(tmp_path: Path):
    path = tmp_path / PROBE_FILE
    path.write_bytes(b"\x10" + json.dumps({}).encode() * 40)
    with pytest.raises(ValueError, match="must be a style probe in safetensors form"):
        StyleProbe.load(path)


def test_the_embedded_probe_reads_a_score():
    embedded = StyleProbe.load(PRETRAINED / PROBE_FILE)
    features = style_features(view_score(score(reference())))
    assert embedded.hidden.shape[1] == len(features) + 1
    assert {"genre", "period", "dance"} <= set(embedded.kinds)
    assert len({guess.kind for guess in embedded.guess(features)}) == len(embedded.guess(features))
