"""N-gram scores of captions: BLEU-4, ROUGE-L, METEOR, CIDEr, and why they are not to be trusted with facts.

They are here because papers report them, computed by the libraries that papers use: BLEU-4 (Papineni et al., 2002) by
sacrebleu, tokens of "13a", over the corpus; ROUGE-L (Lin, 2004) by rouge-score, F-measure with stemming, the best
reference counts; METEOR 1.5 (Denkowski & Lavie, 2014) and CIDEr-D (Vedantam et al., 2015) by pycocoevalcap. All are
lower case. METEOR and CIDEr read the same 13a tokens (the COCO code calls a Java tokenizer; without it CIDEr needs no
Java); METEOR is the mean over captions. CIDEr weighs n-grams by how rare they are among the references and runs from 0
to 10, the others from 0 to 1. METEOR needs a `java` program: where there is none the row is absent and `meteor_missing`
says why.

No score means anything without its floor, so `floor_captions` gives two: ``shuffled``, what another piece's caption
scores, every fact its own and wrong; and ``wrong_facts``, a true caption in which up to eight facts were replaced by
others of their kind. Measured on 200 held-out pieces, one caption written by rules the only reference:

    what is scored                       facts right  BLEU-4  ROUGE-L  METEOR  CIDEr-D
    another true caption of the piece           1.00    .066     .226    .147     0.23
    the reference, one fact replaced             .82    .902     .918    .587     8.30
    the reference, three replaced                .49    .718     .753    .430     5.44
    the reference, up to eight (mean 5.4)        .14    .476     .613    .317     3.20
    the caption of another piece                 .20    .024     .129    .082     0.05

All four prefer the same words with hardly a true fact to the truth in other words, by two to fourteen times.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence

import numpy as np

from ..ask_midi_text import Statement
from ..prompt_midi_text import read_prompt
from ..records import Measurement
from .intervals import of_sums, ratio

_ORDER = 4


def ngram_rows(texts: Sequence[str], references: Sequence[Sequence[str]], name: str) -> list[Measurement]:
    """The rows of one kind of captions.

    Args:
        texts: One caption a piece.
        references: Of each piece, one or more.
        name: Of the kind.

    Returns:
        ``bleu_4``, ``rouge_l``, ``cider`` and, where Java is there, ``meteor``, each as ``<score>/<name>``.

    Raises:
        ValueError: If there is no caption, one lacks a reference, or the numbers differ.
        ImportError: If a library is missing; ``pip install 'midi-text[eval]'`` installs them.
    """
    if not texts or len(texts) != len(references) or not all(references):
        raise ValueError(
            f"n-gram scores need captions with at least one reference each; got {len(texts)} captions and "
            f"{len(references)} lists of references, {sum(not each for each in references)} of them empty"
        )
    try:
        import pycocoevalcap.cider.cider
        import rouge_score.rouge_scorer
        from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
    except ImportError as error:
        raise ImportError(f"{error.name} is missing; n-gram scores need: pip install 'midi-text[eval]'") from error
    tokens = Tokenizer13a()
    rouge = rouge_score.rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
    best = [rouge.score_multi(list(own), text)["rougeL"].fmeasure for text, own in zip(texts, references, strict=True)]
    said = {row: [tokens(text.lower())] for row, text in enumerate(texts)}
    others = {row: [tokens(text.lower()) for text in own] for row, own in enumerate(references)}
    _, cider = pycocoevalcap.cider.cider.Cider().compute_score(others, said)
    rows = [
        of_sums(f"bleu_4/{name}", _bleu_counts(texts, references), bleu_of_sums),
        ratio(f"rouge_l/{name}", best),
        ratio(f"cider/{name}", cider),
    ]
    return rows if meteor_missing() else [*rows, ratio(f"meteor/{name}", _meteor(said, others))]


def meteor_missing() -> str:
    """Why there is no METEOR row; "" where there is one."""
    return "" if shutil.which("java") else "METEOR 1.5 is a Java program, and no `java` is on the path"


def _bleu_counts(texts: Sequence[str], references: Sequence[Sequence[str]]) -> list[list[float]]:
    """Of each caption: n-grams found and said (1 to 4), its length, that of the closest reference."""
    from sacrebleu.metrics import BLEU

    bleu = BLEU(lowercase=True, effective_order=True)
    scores = [bleu.sentence_score(text, list(own)) for text, own in zip(texts, references, strict=True)]
    return [[*each.counts, *each.totals, each.sys_len, each.ref_len] for each in scores]


def bleu_of_sums(sums: np.ndarray) -> np.ndarray:
    """Corpus BLEU from summed counts, shape ``(N, 10)``: found (4), said (4), length, reference length.

    The geometric mean of the four precisions, times exp(1 − reference / length) for a text that is shorter; 0 where an
    order has no match.
    """
    found, said = sums[:, :_ORDER], sums[:, _ORDER : 2 * _ORDER]
    length, reference = sums[:, 2 * _ORDER], sums[:, 2 * _ORDER + 1]
    with np.errstate(divide="ignore"):
        mean = np.exp(np.log(found / np.maximum(said, 1)).mean(1))
    return mean * np.exp(np.minimum(0, 1 - reference / np.maximum(length, 1)))


def _meteor(said: dict[int, list[str]], others: dict[int, list[str]]) -> list[float]:
    from pycocoevalcap.meteor.meteor import Meteor

    meteor = Meteor()
    try:
        _, scores = meteor.compute_score(others, said)
    finally:
        meteor.meteor_p.kill()
        meteor.meteor_p.communicate()  # closes the pipes, which the library leaves open
    return list(scores)


def floor_captions(captions: Sequence[str], seed: int = 0, wrong_facts: int = 8) -> dict[str, list[str]]:
    """Captions that are wrong by construction, as floors for any score.

    Args:
        captions: One true caption a piece.
        seed: Of the choices.
        wrong_facts: How many facts are replaced in each, where it states so many.

    Returns:
        "shuffled": each piece has the caption of another one; "wrong_facts": its own with replaced facts.

    Raises:
        ValueError: If there are fewer than two captions.
    """
    if len(captions) < 2:
        raise ValueError(f"floors need at least two captions, to take one for the other; got {len(captions)}")
    rng = random.Random(f"floors:{seed}")
    order = rng.sample(range(len(captions)), len(captions))
    after = dict(zip(order, order[1:] + order[:1], strict=True))  # one round through all: nobody keeps his own
    donors: dict[tuple[str, bool], list[Statement]] = {}
    for text in captions:
        for statement in read_prompt(text).statements:
            donors.setdefault(_shape(statement), []).append(statement)
    return {
        "shuffled": [captions[after[row]] for row in range(len(captions))],
        "wrong_facts": [with_wrong_facts(text, donors, rng, wrong_facts) for text in captions],
    }


def _shape(statement: Statement) -> tuple[str, bool]:
    """What best stands in one another's place: words of the same fact, both with a figure or both without."""
    return statement.fact, any(sign.isdigit() for sign in statement.text)


def with_wrong_facts(
    text: str, donors: dict[tuple[str, bool], list[Statement]], rng: random.Random, most: int = 8
) -> str:
    """A caption in which up to ``most`` stated facts are replaced by different ones, as other captions word them.

    Args:
        text: The caption.
        donors: Statements of other captions, by `_shape`.
        rng: Source of every choice.
        most: Facts to replace.
    """
    spans: dict[tuple[int, int], list[Statement]] = {}
    for statement in read_prompt(text).statements:
        spans.setdefault((statement.start, statement.end), []).append(statement)
    edits: list[tuple[int, int, str]] = []
    for (start, end), own in rng.sample(sorted(spans.items(), key=lambda item: item[0]), len(spans)):
        values = [statement.value for statement in own]
        fact, figured = _shape(own[0])
        others = [
            [each for each in donors.get(shape, ()) if each.value not in values]
            for shape in ((fact, figured), (fact, not figured))
        ]
        overlaps = any(start < last and first < end for first, last, _ in edits)
        if any(others) and not overlaps and len(edits) < most:
            edits.append((start, end, rng.choice(others[0] or others[1]).text))
    for start, end, words in sorted(edits, reverse=True):
        text = text[:start] + words + text[end:]
    return text
