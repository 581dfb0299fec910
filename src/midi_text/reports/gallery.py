"""Answers to look at: the best, the middle and the worst of a system, and how its music is spread beside people's.

The order is by the *standing* of an answer: the mean of the share of the asked facts that it holds and of the share of
its six plain traits that lie where the middle 90 % of human music lies. It says what is worth looking at, and nothing
of beauty; an answer that is missing or broken stands at 0. Pictures are SVG in data addresses, so that a page holds
them, each for a light and for a dark page; print takes the light one.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..evaluation.adherence import METRICS, Score
from ..evaluation.answers import LOG, Found, measure_answers, score_folder
from ..evaluation.gold import Prompt
from ..evaluation.musicality.evaluate import PieceMusicality, band_share
from ..evaluation.musicality.reference import default_reference
from ..evaluation.musicality.traits import TRAITS, band_of
from ..evaluation.prompt_files import PromptSet, load_fact_prompts, load_prompts
from ..records import EvaluationReport
from ..rendering.distributions import Panel, draw_distributions
from ..rendering.matrix import draw_matrix
from ..rendering.piano_roll import draw_piano_roll
from ..score_midi_text import read_score
from .metrics import SYSTEMS
from .tables import rows_by_name

SHOWN = ("adherence", "own_share", "answers")
_TRAIT_TITLES = {
    "pitch_class_entropy": "variety of pitches, bits",
    "scale_consistency": "notes in the best scale, share",
    "polyphony": "notes at a time",
    "groove": "rhythm like the bar before, share",
    "empty_beat_rate": "beats on which nothing begins, share",
    "notes_per_beat": "notes a beat",
}


@dataclass(frozen=True)
class Picture:
    """A picture as data addresses, for a light page and for a dark one."""

    light: str
    dark: str


@dataclass(frozen=True)
class Piece:
    """One answer as a page shows it.

    Attributes:
        place: "best", "middle" or "worst".
        prompt: The words that it answers.
        name: Of its file; "" where there is none.
        asked: Share of the asked facts that it holds, 0..1; None where nothing is asked.
        human: Share of its traits in the human band, 0..1.
        missed: Names of the asked figures that it misses.
        roll: Picture of its notes; None where there is no music.
        matrix: Picture of every bar beside every other, likewise.
    """

    place: str
    prompt: str
    name: str
    asked: float | None
    human: float
    missed: tuple[str, ...]
    roll: Picture | None
    matrix: Picture | None


@dataclass(frozen=True)
class Room:
    """What a page shows of one system: its title, pieces and the picture of its traits beside human music."""

    title: str
    answers: int
    pieces: tuple[Piece, ...]
    distributions: Picture


@dataclass(frozen=True)
class Answers:
    """Where the answers of systems lie, and what they answer.

    Attributes:
        folders: By the part of the report; those of `SHOWN` are looked at.
        prompts: What was asked.
        num_proc: Processes that score files.
    """

    folders: dict[str, Path]
    prompts: PromptSet
    num_proc: int = 1


def find_answers_of(report: EvaluationReport, results: Path, prompts: str | None = None, num_proc: int = 1) -> Answers:
    """The answers that ``evaluate --results`` left, and the prompts of this report.

    Args:
        report: The report.
        results: A folder with a folder of answers for each part; of a report about a folder of answers, that folder.
        prompts: A file of prompts; None: FactPrompts. As many are taken as the report says.
        num_proc: Processes that score files.

    Raises:
        ValueError: If there are no answers of a system that is shown.
    """
    known = load_prompts(prompts) if prompts else load_fact_prompts()
    rows = rows_by_name(report)
    folders = {part: results / part for part in SHOWN if f"{part}/examples" in rows and (results / part).is_dir()}
    if "answers/examples" in rows:
        folders = {"answers": results}
    if not folders:
        raise ValueError(
            f"{results} must hold the MIDI answers that `midi-text evaluate --results` left, in a folder "
            f"{' or '.join(SHOWN[:2])}; found none"
        )
    limits = [round(row.value) for part in folders if (row := rows.get(f"{part}/examples"))]
    return Answers(folders, known.first(limits[0] if limits else None), num_proc)


def hang(answers: Answers) -> list[Room]:
    """Measures answers and draws what is shown of them.

    Raises:
        ModuleNotFoundError: If matplotlib is not installed.
        ValueError: If a folder holds answers to other prompts.
        OSError: If a file cannot be read or drawn.
    """
    return [_room(SYSTEMS[part], folder, answers) for part, folder in answers.folders.items()]


def _room(title: str, folder: Path, answers: Answers) -> Room:
    asked = answers.prompts.prompts
    _check_prompts(folder, answers.prompts)
    scores, found = score_folder(folder, asked, answers.num_proc)
    pieces = measure_answers(found, answers.num_proc)
    reference = default_reference()
    band = band_of(reference.traits.astype(np.float64))
    standing = [_standing(score, piece, band) for score, piece in zip(scores, pieces, strict=True)]
    order = sorted(range(len(asked)), key=lambda place: (-standing[place], place))
    chosen = {"best": order[0], "middle": order[len(order) // 2], "worst": order[-1]}
    shown = [_piece(name, asked[i], scores[i], pieces[i], found[i], band) for name, i in chosen.items()]
    return Room(title, len(asked), tuple(shown), _spread(title, pieces, reference.traits))


def _check_prompts(folder: Path, prompts: PromptSet) -> None:
    """Our own answers say which prompts they answer; see `evaluation.answers`."""
    log = folder / LOG
    if log.exists() and prompts.hash not in log.read_text(encoding="utf-8").partition("\n")[0]:
        raise ValueError(
            f"the answers in {folder} must be to the prompts of the report ({prompts.name}, {len(prompts.prompts)}); "
            "they are to others. Name their file with --prompts, or the report that was made of them"
        )


def _held(score: Score) -> dict[str, float]:
    """The asked figures that count, by title."""
    return {m.name: score.values[m.name] for m in METRICS if m.counts and m.name in score.values}


def _standing(score: Score, piece: PieceMusicality, band: np.ndarray) -> float:
    held = _held(score).values()
    human = band_share(piece, band)
    return (sum(held) / len(held) + human) / 2 if held else human


def _piece(place: str, prompt: Prompt, score: Score, piece: PieceMusicality, found: Found, band: np.ndarray) -> Piece:
    held = _held(score)
    roll = matrix = None
    if found.path is not None and piece.notes:
        music, title = read_score(found.path).score, found.path.name
        roll = draw(partial(draw_piano_roll, music, title=title))
        matrix = draw(partial(draw_matrix, music, title=title))
    return Piece(
        place,
        prompt.text,
        found.path.name if found.path else "",
        sum(held.values()) / len(held) if held else None,
        band_share(piece, band),
        tuple(name for name, value in held.items() if value < 1),
        roll,
        matrix,
    )


def _spread(title: str, pieces: Sequence[PieceMusicality], human: np.ndarray) -> Picture:
    own = np.array([piece.traits for piece in pieces], np.float64)
    panels = [
        Panel(_TRAIT_TITLES[trait], {"human pieces": human[:, column].astype(np.float64), title: own[:, column]})
        for column, trait in enumerate(TRAITS)
    ]
    return draw(partial(draw_distributions, panels))


def draw(drawing: Callable[..., None]) -> Picture:
    """What a function of `rendering` draws, given a path and a theme."""
    made = []
    with tempfile.TemporaryDirectory() as scratch:
        for theme in ("light", "dark"):
            path = Path(scratch) / f"{theme}.svg"
            drawing(path, theme=theme)
            made.append("data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii"))
    return Picture(*made)
