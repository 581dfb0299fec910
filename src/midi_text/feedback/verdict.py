"""The verdict: is a model better than it was, and has it not become monotonous?

Both answer the same prompts without locks, first sample, nothing chosen. It is better where more of what is asked is
met, surely (the 95 % interval of the difference, prompt by prompt, lies above 0), where no fewer pieces are valid, and
where the music stays as varied: different runs of three steps from note to note, and their share that no other piece
has, may not fall by more than a stated share. Both are counted as `diversity` counts words, on texts of one length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..evaluation.adherence import METRICS, Score, adherence_rows
from ..evaluation.answers import Found, musicality_of, score_folder
from ..evaluation.diversity import distinct, self_bleu
from ..evaluation.gold import Prompt
from ..evaluation.intervals import ratio
from ..evaluation.musicality.lines import lines_of_view
from ..evaluation.musicality.novelty import NoveltyIndex
from ..facts.view import view_score
from ..records import Measurement
from ..score_midi_text import MidiError, read_score

_VALID_LOSS = 0.05
_COUNTED = [metric.name for metric in METRICS if metric.counts]


@dataclass(frozen=True)
class Verdict:
    """What came out.

    Attributes:
        better: Whether the second is better.
        reasons: Why not, () where it is.
        rows: ``before/…`` and ``after/…`` as in any evaluation, ``gain/met``, ``diversity/…``.
    """

    better: bool
    reasons: tuple[str, ...]
    rows: tuple[Measurement, ...]


def compare(
    before: Path,
    after: Path,
    prompts: Sequence[Prompt],
    *,
    most_loss: float = 0.1,
    index: NoveltyIndex | None = None,
    num_proc: int = 1,
) -> Verdict:
    """Compares two folders of answers.

    Args:
        before: Of the model as it was, see `answers`.
        after: Of the other.
        prompts: What both answer; at least two.
        most_loss: The share of its diversity that a better model may lose.
        index: Of the training music, for novelty.
        num_proc: Processes.

    Raises:
        ValueError: If there are fewer than two prompts.
    """
    rows: list[Measurement] = []
    met, valid, texts = {}, {}, {}
    for name, folder in (("before", before), ("after", after)):
        scores, found = score_folder(folder, prompts, num_proc)
        measured = [*adherence_rows(prompts, scores), *musicality_of(found, index=index, num_proc=num_proc)]
        rows += [Measurement(f"{name}/{row.metric}", row.value, row.low, row.high) for row in measured]
        met[name] = [_met(score) for score in scores]
        valid[name] = next(row.value for row in measured if row.metric == "musicality/valid")
        texts[name] = [_steps(each) for each in found]
    gain = ratio("gain/met", [b - a for a, b in zip(met["before"], met["after"], strict=True)])
    varied = {name: _varied(own) for name, own in _one_length(texts).items()}
    kept = {figure: varied["after"][figure] / max(varied["before"][figure], 1e-9) for figure in varied["before"]}
    rows += [ratio(f"{name}/met", own) for name, own in met.items()]
    rows += [Measurement(f"diversity/{f}/{n}", v, None, None) for n, own in varied.items() for f, v in own.items()]
    reasons = []
    if gain.low is None or gain.low <= 0:
        reasons.append(f"the gain in asked facts that are met, {gain.value:+.3f}, is not surely above 0")
    if valid["after"] < valid["before"] - _VALID_LOSS:
        reasons.append(f"fewer pieces are valid: {valid['after']:.2f} of them, before {valid['before']:.2f}")
    reasons += [
        f"{figure} fell to {share:.2f} of what it was; {1 - most_loss:.2f} is the least"
        for figure, share in kept.items()
        if share < 1 - most_loss
    ]
    return Verdict(not reasons, tuple(reasons), (gain, *rows))


def _met(score: Score) -> float:
    """The share of what a prompt asks that its answer holds."""
    asked = [score.values[name] for name in _COUNTED if name in score.values]
    return sum(asked) / len(asked) if asked else 1.0


def _steps(found: Found) -> list[str]:
    """A piece as words, one for every step from note to note; [] for what cannot be read."""
    try:
        score = read_score(found.path).score if found.path else None
    except MidiError:
        score = None
    if score is None or not score.note_num():
        return []
    return [f"s{step}" for step in lines_of_view(view_score(score)).steps.tolist()]


def _one_length(texts: dict[str, list[list[str]]]) -> dict[str, list[str]]:
    """The texts of both, those of one prompt cut to the length of the shorter: only such sets compare."""
    pairs = list(zip(texts["before"], texts["after"], strict=True))
    lengths = [min(map(len, pair)) for pair in pairs]
    return {
        name: [" ".join(words[:length]) for words, length in zip(own, lengths, strict=True)]
        for name, own in texts.items()
    }


def _varied(texts: Sequence[str]) -> dict[str, float]:
    bleu = self_bleu(texts)
    return {"distinct_3": distinct(texts, 3), "not_in_others": 1 - sum(bleu) / len(bleu)}
