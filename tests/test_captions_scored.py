"""N-gram scores with their floors, retrieval, round trips and words of style, worked out by hand."""

import random

import numpy as np
import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st

from midi_text.data.words.gold import label_styles
from midi_text.evaluation import ngrams
from midi_text.evaluation.caption_facts import Measured, claims
from midi_text.evaluation.independent import Independent
from midi_text.evaluation.ngrams import bleu_of_sums, floor_captions, meteor_missing, ngram_rows
from midi_text.evaluation.retrieval import (
    both_features,
    chance_rows,
    expected_reciprocal,
    fact_features,
    places,
    retrieval_rows,
)
from midi_text.evaluation.round_trip import facts_of, midi_round_trip, text_round_trip
from midi_text.evaluation.styles import StyleCase, stated_styles, style_rows
from midi_text.facts.analysis import analyze
from midi_text.facts_midi_text import Key, measure_facts
from midi_text.score_midi_text import read_score
from midi_text.style_words_midi_text import STYLE_KIND
from midi_text.vocabulary_midi_text import instrument_name

CAPTIONS = [
    "A slow waltz in D minor for violin and piano, eight bars at 60 BPM.",
    "This piece of music in G major is played by a flute, in 4/4 time at 96 BPM, twelve bars.",
    "A march in Bb major for trumpet and tuba, 32 bars at 120 BPM.",
]


def by_name(rows):
    return {row.metric: row for row in rows}


# -- n-grams


def test_identity_is_perfect_and_other_words_are_not():
    rows = by_name(ngram_rows(CAPTIONS, [[text, "Other words."] for text in CAPTIONS], "x"))
    assert rows["bleu_4/x"].value == rows["rouge_l/x"].value == pytest.approx(1)
    other = by_name(ngram_rows(["nothing alike"] * 3, [[text] for text in CAPTIONS], "x"))
    assert other["bleu_4/x"].value == other["cider/x"].value == 0
    assert rows["cider/x"].value > 3  # halved by the second reference


def test_bleu_is_sacrebleu_of_the_corpus():
    from sacrebleu.metrics import BLEU

    texts = ["a slow waltz in D minor for piano", "a march in G major for brass band"]
    references = [["a slow waltz in D major for piano", "a waltz"], ["one march in G major for a brass band", "march"]]
    theirs = BLEU(lowercase=True).corpus_score(texts, list(zip(*references, strict=True))).score / 100
    assert by_name(ngram_rows(texts, references, "x"))["bleu_4/x"].value == pytest.approx(theirs)
    # 3 of 4 words, 2 of 3 pairs, 1 of 2 triples, no run of four: nothing; a text half as long pays exp(1 - 2).
    assert bleu_of_sums(np.array([[3.0, 2, 1, 0, 4, 3, 2, 1, 4, 4]])) == 0
    assert bleu_of_sums(np.array([[4.0, 3, 2, 1, 4, 3, 2, 1, 4, 8]])) == pytest.approx(np.exp(-1))


@pytest.fixture(autouse=True)
def no_java(request, monkeypatch):
    """METEOR takes a quarter of a minute to start: once, where it is what is tested."""
    if "meteor" not in request.node.name:
        monkeypatch.setattr(ngrams.shutil, "which", lambda name: None)


@pytest.mark.slow
@pytest.mark.skipif(bool(meteor_missing()), reason="METEOR needs Java")
def test_meteor():
    assert by_name(ngram_rows(CAPTIONS, [[text] for text in CAPTIONS], "x"))["meteor/x"].value == pytest.approx(1)


def test_without_java_there_is_a_reason_in_place_of_a_row():
    assert "Java" in meteor_missing()
    assert "meteor/x" not in by_name(ngram_rows(CAPTIONS, [[text] for text in CAPTIONS], "x"))


def test_ngrams_need_references():
    with pytest.raises(ValueError, match="2 captions and 1 lists of references"):
        ngram_rows(["a", "b"], [["a"]], "x")
    with pytest.raises(ValueError, match="1 of them empty"):
        ngram_rows(["a"], [[]], "x")


def test_floors_are_wrong_by_construction():
    floors = floor_captions(CAPTIONS, seed=1)
    assert floors == floor_captions(CAPTIONS, seed=1)
    assert sorted(floors["shuffled"]) == sorted(CAPTIONS)
    assert all(a != b for a, b in zip(floors["shuffled"], CAPTIONS, strict=True))
    for text, true in zip(floors["wrong_facts"], CAPTIONS, strict=True):
        assert not {claim for claim in claims(text) if claim[0] in ("key", "bars")} & set(claims(true))
        assert {fact for fact, _ in claims(text)} >= {"key", "tempo_bpm", "bars"}
    one = floor_captions(CAPTIONS, seed=1, wrong_facts=1)["wrong_facts"]
    assert all(a.split() != b.split() for a, b in zip(one, CAPTIONS, strict=True))
    with pytest.raises(ValueError, match="at least two captions"):
        floor_captions(CAPTIONS[:1])


def test_ngrams_like_a_lie_in_the_same_words_better_than_the_truth_in_others():
    lies = floor_captions(CAPTIONS)["wrong_facts"]
    truths = [
        "In three-four and D minor, violin and piano play slowly.",
        "The flute has a G major tune.",
        "Bb major: trumpet, tuba.",
    ]
    references = [[text] for text in CAPTIONS]
    lie, truth = (by_name(ngram_rows(texts, references, "x")) for texts in (lies, truths))
    assert lie["bleu_4/x"].value > truth["bleu_4/x"].value
    assert lie["rouge_l/x"].value > truth["rouge_l/x"].value


# -- retrieval


def test_retrieval_by_hand():
    # Text 0 finds its piece first, text 1 second, text 2 third; piece 0 is best for text 0 and so on down its column.
    texts = np.eye(3)
    pieces = np.array([[0.9, 0.8, 0.6], [0.1, 0.5, 0.7], [0.3, 0.2, 0.5]])
    rows = by_name(retrieval_rows(texts, pieces, "x"))
    assert rows["text_to_midi/r@1/x"].value == pytest.approx(1 / 3)
    assert rows["text_to_midi/mrr/x"].value == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert rows["midi_to_text/r@1/x"].value == pytest.approx(2 / 3)  # piece 1 is best for text 2
    assert rows["midi_to_text/mrr/x"].value == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert rows["text_to_midi/r@10/x"].value == 1


@pytest.mark.parametrize("pairs", [1, 2, 7, 40])
def test_constant_features_get_exactly_chance(pairs: int):
    constant = np.ones((pairs, 2))
    rows, chance = by_name(retrieval_rows(constant, constant, "x")), by_name(chance_rows(pairs))
    for figure in ("r@1", "r@10", "mrr"):
        for direction in ("text_to_midi", "midi_to_text"):
            assert rows[f"{direction}/{figure}/x"].value == pytest.approx(chance[f"{figure}/chance"].value)


@given(st.integers(0, 2**32 - 1))
def test_ties_are_what_a_coin_gives_on_average(seed: int):
    rng = np.random.default_rng(seed)
    similarity = rng.integers(0, 3, (6, 6)).astype(float)
    above, tied = places(similarity)
    for row in range(6):
        better, same = (similarity[row] > similarity[row, row]).sum(), (similarity[row] == similarity[row, row]).sum()
        assert (above[row], tied[row]) == (better, same)
        mean = np.mean([1 / rank for rank in range(better + 1, better + same + 1)])
        assert expected_reciprocal(above, tied)[row] == pytest.approx(mean)


def test_perfect_features_are_perfect_and_faults_are_named():
    features = np.eye(12)
    assert {row.value for row in retrieval_rows(features, features, "x")} == {1.0}
    with pytest.raises(ValueError, match="two matrices of one shape"):
        retrieval_rows(np.eye(3), np.eye(4), "x")
    with pytest.raises(ValueError, match="finite"):
        retrieval_rows(np.full((2, 2), np.nan), np.eye(2), "x")
    with pytest.raises(ValueError, match="at least one pair"):
        chance_rows(0)


def test_matching_by_facts_finds_the_piece_that_the_words_fit():
    rng = random.Random(0)
    pieces = [
        Independent(float(rng.randrange(50, 200)), rng.choice([(3, 4), (4, 4)]), Key(rng.randrange(12), "minor"),
                    (rng.choice((0, 40, 73)),), rng.randrange(4, 40), 30.0)
        for _ in range(40)
    ]  # fmt: skip
    texts = [
        f"A piece of music in {p.key.name} for {instrument_name(p.programs[0])} at {p.tempo_bpm:.0f} BPM"
        for p in pieces
    ]
    says, fits = fact_features(texts, pieces)
    assert says.shape == fits.shape == (40, len({claim for text in texts for claim in claims(text)}))
    rows = by_name(retrieval_rows(says, fits, "facts"))
    assert rows["text_to_midi/r@1/facts"].value > 0.9
    assert rows["midi_to_text/r@1/facts"].value > 0.9
    mute, fits = fact_features(["Lovely music."] * 40, pieces)  # says nothing: chance
    assert by_name(retrieval_rows(mute, fits, "x"))["text_to_midi/r@1/x"].value == pytest.approx(1 / 40)


def test_where_facts_leave_it_open_the_space_decides():
    facts = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]]), np.array([[3.0, -3], [3, -3], [-3, 3], [-3, 3]])
    space = np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    found = {}
    for name, pair in (("facts", facts), ("space", (space, space)), ("both", both_features(facts, (space, space), 9))):
        found[name] = by_name(retrieval_rows(*pair, name))[f"text_to_midi/r@1/{name}"].value
    assert found == {"facts": 0.5, "space": 0.5, "both": 1.0}


def test_rare_claims_count_for_more_and_no_opinion_for_nothing():
    pieces = [Independent(60.0, (3, 4), Key(0, "major"), (0,), 8, 9.0)] * 3
    pieces = [*pieces, Independent(60.0, (7, 8), Key(0, "major"), (0,), 8, 9.0)]
    _, fits = fact_features(["A piece of music in 7/8 for piano with swing"], pieces)
    stated = claims("A piece of music in 7/8 for piano with swing")
    column = {claim: number for number, claim in enumerate(stated)}
    assert fits[3, column["time_signature", (7, 8)]] > fits[3, column["program", 0]] > 0
    assert fits[0, column["time_signature", (7, 8)]] < 0
    assert (fits[:, column["trait", "swing"]] == 0).all()


# -- round trips


def tune(tempo: int, program: int, bars: int) -> symusic.Score:
    score = symusic.Score(48)
    score.tempos.append(symusic.Tempo(0, tempo))
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    track = symusic.Track(program=program)
    for beat in range(4 * bars):
        track.notes.append(symusic.Note(beat * 48, 48, 60 + (0, 2, 4, 5, 7, 9, 11, 12)[beat % 8], 80))
    score.tracks.append(track)
    return score


def measured(tempo: int, program: int, bars: int) -> Measured:
    score = read_score(tune(tempo, program, bars)).score
    facts = measure_facts(score)
    return Measured(facts, analyze(score, facts))


SAID = "A piece of music for flute in 4/4, 90 BPM."


def test_words_to_music_to_words_by_hand():
    piece = measured(100, 73, 4)
    # Asked: 100 BPM (held, told wrongly), 3/4 (not held), woodwinds (held, told: a flute is one), four bars (held).
    prompt = "A piece of music at 100 BPM in 3/4 with woodwinds and other instruments, 4 bars"
    rows = by_name(text_round_trip([prompt], [piece], [SAID]))
    assert rows["text/asked"].value == 4
    assert rows["text/held"].value == 3 / 4
    assert rows["text/told"].value == 1 / 4
    assert rows["text/told/instruments"].value == 1
    assert rows["text/held/metre"].value == 0
    assert by_name(text_round_trip([prompt], [piece], ["Nothing."]))["text/told"].value == 0
    failed = by_name(text_round_trip([prompt] * 2, [piece, None], [SAID, ""]))
    assert failed["text/held"].value == 3 / 8
    with pytest.raises(ValueError, match="states a fact"):
        text_round_trip(["Lovely."], [piece], [SAID])


def test_music_to_words_to_music_by_hand():
    original = measured(100, 73, 4)
    wanted = facts_of(original.facts)
    assert {"tempo_bpm", "time_signature", "key", "program", "only", "bars", "duration_seconds"} <= {
        f for f, _ in wanted
    }
    same = by_name(midi_round_trip([original], [SAID], [original]))
    assert same["midi/held"].value == 1
    assert same["midi/facts"].value == len(wanted)
    assert same["midi/told"].value == 3 / len(wanted)  # flute, no others, 4/4; the tempo is wrong
    other = by_name(midi_round_trip([original], [SAID], [measured(100, 40, 8)]))
    assert other["midi/held/instruments"].value == 0
    assert other["midi/held/bars"].value == 0
    assert other["midi/held/tempo"].value == 1
    assert other["midi/held_of_told"].value == 1 / 3
    with pytest.raises(ValueError, match="at least one item"):
        midi_round_trip([], [], [])


# -- styles


def test_styles_and_composers_as_they_are_stated():
    assert stated_styles("A sad baroque fugue in D minor, composed by J. S. Bach. The work is calm.") == [
        ("mood", "sad"), ("period", "baroque"), ("kind", "fugue"), ("mood", "calm"), ("composer", "bach"),
    ]  # fmt: skip
    assert stated_styles("A song by Robert Schumann, on words by Heinrich Heine") == [("composer", "schumann")]
    assert stated_styles("A tune played by French horn, followed by A minor chords") == []
    assert stated_styles("Music by Ludwig van Beethoven. Lively pace.") == [("composer", "beethoven")]


def test_style_precision_by_hand():
    gold = {"genre": frozenset(("folk",)), "kind": frozenset(("reel",)), "composer": frozenset(("Lola Harvey (1990)",))}
    cases = [
        StyleCase("A cheerful folk reel by Lola Harvey.", gold),  # three right; no label speaks of moods
        StyleCase("A jazz jig by Harvey.", gold),  # genre and kind wrong
        StyleCase("A piece in D minor.", gold),
    ]
    rows = by_name(style_rows(cases, "x"))
    assert rows["captions_with_style/x"].value == pytest.approx(2 / 3)
    assert rows["stated/x"].value == 7 / 3
    assert rows["judged/x"].value == 6 / 7
    assert rows["precision/x"].value == 4 / 6
    assert rows["wrong/x/genre"].value == 1 / 2
    assert rows["precision/x/composer"].value == 1
    assert rows["stated/x/mood"].value == 1 / 3
    assert "precision/x/mood" not in rows
    with pytest.raises(ValueError, match="at least one caption"):
        style_rows([], "x")


def test_labels_bear_out_words_of_style():
    labels = {
        "form": "mazur",
        "genre": "folk",
        "composer": "Fryderyk Chopin",
        "tempo_word": "Allegro maestoso",
        "bpm": 9,
    }
    gold = label_styles(labels)
    assert gold["kind"] == {"mazurka"}
    assert "folk" in gold["genre"]
    assert "majestic" in gold["mood"]
    assert gold["composer"] == {"Fryderyk Chopin"}
    assert "period" not in gold
    assert label_styles({"style": "Romantic"})["period"] == {"romantic"}
    assert label_styles({"tempo_word": "Allegro", "title": "Sonata"}).keys() == {"kind"}
    assert label_styles({}) == {}
    assert all(STYLE_KIND[word] == kind for kind, words in gold.items() if kind != "composer" for word in words)
