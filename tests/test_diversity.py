"""How varied texts are: distinct-n and self-BLEU by hand."""

from __future__ import annotations

import math

import pytest

from midi_text.evaluation.diversity import distinct, diversity_rows, self_bleu, words_of


def test_words() -> None:
    assert words_of("A slow waltz, in 3/4.") == ["a", "slow", "waltz", ",", "in", "3", "/", "4", "."]


def test_distinct_counts_runs_over_all_texts() -> None:
    texts = ["a slow waltz", "a slow reel"]
    assert distinct(texts, 1) == 4 / 6
    assert distinct(texts, 2) == 3 / 4
    assert distinct(texts, 3) == 1.0
    assert distinct(["waltz"], 2) == 0.0


def test_copies_have_self_bleu_one() -> None:
    assert self_bleu(["a slow waltz in d minor"] * 3) == [1.0] * 3


def test_strangers_have_almost_none() -> None:
    scores = self_bleu(["a slow waltz for piano", "fast reel with violins only"])
    assert max(scores) < 0.05


def test_self_bleu_by_hand() -> None:
    """ "a slow waltz for two" shares 4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 fours with the other."""
    first, _ = self_bleu(["a slow waltz for two", "a slow waltz for piano"])
    assert first == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)


def test_counts_are_clipped_by_the_best_other_text() -> None:
    """Of three times "slow", the other text with two bears out two; its own three do not count."""
    first, *_ = self_bleu(["slow slow slow", "slow slow"])
    # One word: 2 of 3; two words: 1 of 2; three words: none of 1, counted as 0.1; no fours; the other is shorter.
    assert first == pytest.approx((2 / 3 * 1 / 2 * 0.1) ** (1 / 3))


def test_a_short_text_pays_the_brevity_penalty() -> None:
    first, _ = self_bleu(["a waltz", "a waltz in d minor"])
    assert first == pytest.approx(math.exp(1 - 5 / 2))


def test_rows() -> None:
    rows = {row.metric: row for row in diversity_rows(["a waltz", "a waltz", "a reel in D"], "captions")}
    assert rows["vocabulary/captions"].value == 5
    assert rows["identical/captions"].value == pytest.approx(2 / 3)
    assert rows["words_per_text/captions"].value == pytest.approx(8 / 3)
    assert 0 < rows["self_bleu/captions"].value < 1
    assert rows["distinct_1/captions"].value == 5 / 8


def test_one_text_is_no_set() -> None:
    with pytest.raises(ValueError, match="at least two texts; got 1"):
        diversity_rows(["a waltz"], "captions")
