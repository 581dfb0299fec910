"""How varied a set of texts is: distinct-n, self-BLEU, vocabulary, and how many say the same word for word.

*distinct-n* (Li et al., "A Diversity-Promoting Objective Function", NAACL 2016) is the share of different runs of n
words among all runs of all texts; it falls as a set grows, so only sets of one size compare. *self-BLEU* (Zhu et al.,
"Texygen", SIGIR 2018) takes each text as a hypothesis and all others as its references: 0 means that no text shares a
word with another, 1 that each is made of runs of four words found in others.

Own code for BLEU (Papineni et al., ACL 2002: clipped precisions of 1 to 4 words, geometric mean, brevity penalty
against the closest reference length; a precision of zero counts as 0.1 matches, "method1" of Chen and Cherry, 2014, as
in Texygen): sacrebleu and nltk count the references anew for every hypothesis, which for 2,000 texts is 4 million
counts, where two highest counts a run of words, kept once, give the same digits. (A text of fewer than four words has
the mean of the orders it has.) Words are lower case; a sign is a word.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from ..records import Measurement
from .intervals import ratio

ORDERS = (1, 2, 3)  # of distinct-n
_BLEU_ORDER = 4
_SMOOTHING = 0.1
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")

Gram = tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, lower case, signs included."""
    return _WORD.findall(text.lower())


def _grams(words: Sequence[str], n: int) -> list[Gram]:
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def distinct(texts: Sequence[str], n: int) -> float:
    """Different runs of ``n`` words over all runs of ``n`` words, 0..1; 0 where there is no run."""
    runs = [run for text in texts for run in _grams(words_of(text), n)]
    return len(set(runs)) / len(runs) if runs else 0.0


def self_bleu(texts: Sequence[str]) -> list[float]:
    """BLEU-4 of each text against all the others, in order, 0..1.

    Raises:
        ValueError: If there are fewer than two texts.
    """
    if len(texts) < 2:
        raise ValueError(f"self-BLEU needs at least two texts; got {len(texts)}")
    tokens = [words_of(text) for text in texts]
    lengths = sorted(map(len, tokens))
    highest = [_highest(tokens, n) for n in range(1, _BLEU_ORDER + 1)]
    return [_bleu(index, words, highest, lengths) for index, words in enumerate(tokens)]


def _highest(tokens: Sequence[Sequence[str]], n: int) -> dict[Gram, tuple[int, int, int]]:
    """For each run of words: its highest count in a text, that text, and its highest count in any other."""
    best: dict[Gram, tuple[int, int, int]] = {}
    for index, words in enumerate(tokens):
        for run, count in Counter(_grams(words, n)).items():
            first, owner, second = best.get(run, (0, -1, 0))
            best[run] = (count, index, first) if count > first else (first, owner, max(second, count))
    return best


def _bleu(
    index: int, words: Sequence[str], highest: Sequence[dict[Gram, tuple[int, int, int]]], lengths: Sequence[int]
) -> float:
    if not words:
        return 0.0
    logarithms = []
    for n, best in enumerate(highest, start=1):
        counts = Counter(_grams(words, n))
        total = sum(counts.values())
        if not total:
            break  # a text of three words has no run of four: the mean of the orders it has
        matches = 0
        for run, count in counts.items():
            first, owner, second = best[run]
            matches += min(count, second if owner == index else first)
        logarithms.append(math.log((matches or _SMOOTHING) / total))
    penalty = min(0.0, 1 - _closest(len(words), lengths) / len(words))
    return math.exp(penalty + sum(logarithms) / len(logarithms))


def _closest(length: int, lengths: Sequence[int]) -> int:
    """The length nearest to a text's own among the others, the shorter of two equally near; `lengths` has its own."""
    place = bisect_left(lengths, length)
    others = [*lengths[max(0, place - 1) : place], *lengths[place + 1 : place + 2]]
    return min(others, key=lambda other: (abs(other - length), other))


def diversity_rows(texts: Sequence[str], name: str) -> list[Measurement]:
    """The rows of one set of texts.

    Args:
        texts: At least two.
        name: Of the set, such as "captions".

    Returns:
        ``distinct_1/<name>`` to ``distinct_3``, ``self_bleu`` (mean, with its interval), ``vocabulary`` (different
        words), ``words_per_text``, and ``identical`` (share of texts that another one equals).

    Raises:
        ValueError: If there are fewer than two texts.
    """
    rows = [ratio(f"self_bleu/{name}", self_bleu(texts))]
    rows += [Measurement(f"distinct_{n}/{name}", distinct(texts, n), None, None) for n in ORDERS]
    tokens = [words_of(text) for text in texts]
    vocabulary = {word for words in tokens for word in words if word[0].isalpha()}
    counts = Counter(texts)
    return [
        *rows,
        Measurement(f"vocabulary/{name}", float(len(vocabulary)), None, None),
        ratio(f"words_per_text/{name}", [float(len(words)) for words in tokens]),
        ratio(f"identical/{name}", [float(counts[text] > 1) for text in texts]),
    ]
