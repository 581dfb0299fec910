"""Fine-tuning on one's own music: a folder and a checkpoint become a checkpoint that writes more like the folder.

The folder is built as any corpus is, with the checkpoint's own tokenizer; a share of its works is held out, and decides
which weights are kept. What the base knew is kept in three ways: small steps, all tasks that it has learned, and, where
its data are at hand, some of their rows among the new ones. The result is a checkpoint like any other: adapters are
merged, the papers, the credits of both data and the style probe lie beside it.

Beside the output stands ``<output>-run`` with the built data, checkpoints to go on from and samples.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ..data.build import BuildSettings, build_dataset
from ..data.mixture import mix
from ..data.sources import Terms
from ..data.stopping import whole_folder
from ..modeling_midi_text import MidiTextForConditionalGeneration
from ..processing_midi_text import MidiTextProcessor
from ..records import (
    REPORT_FILE,
    RUN_FILE,
    WEIGHTS_FILE,
    DataManifest,
    EvaluationReport,
    Measurement,
    RunRecord,
    hash_file,
)
from ..style_midi_text import PROBE_FILE
from .loop import Trainer
from .samples import Draw
from .settings import TrainingSettings

logger = logging.getLogger(__name__)
FEWEST_PIECES = 5
CREDITS = "CREDITS.md"
_SHARES = {"compose": 4.0, "opening": 2.0, "caption": 1.0, "retell": 2.0, "continue": 1.0, "infill": 1.0, "vary": 0.5,
           "refine": 0.5, "touch": 1.0}  # fmt: skip
_NOT_STATED = "not stated"


@dataclass(frozen=True)
class FinetuneSettings:
    """How to fine-tune.

    Attributes:
        lora_rank: Rank of the adapters that are trained instead of the weights; 0 trains all weights.
        learning_rate: Of AdamW, for everything; None for 3e-4, or 3e-3 for adapters.
        steps: Optimisation steps.
        events_per_batch: See `TrainingSettings`.
        held_out: Share of the folder's works that are measured and not learned from.
        known_rows: With the base's data: rows of it for every row of the folder.
        max_seconds: Save and end after this long; started again with ``resume`` it goes on.
        num_proc: Processes that read the folder.
        seed: Of everything drawn.
        training: Fields of `TrainingSettings` that win over what is chosen here.
    """

    lora_rank: int = 0
    learning_rate: float | None = None
    steps: int = 200
    events_per_batch: int = 4096
    held_out: float = 0.1
    known_rows: float = 1.0
    max_seconds: float | None = None
    num_proc: int = 1
    seed: int = 0
    training: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.held_out < 1:
            raise ValueError(f"held_out must be a share between 0 and 1; got {self.held_out}")
        if self.known_rows < 0:
            raise ValueError(f"known_rows must not be negative; got {self.known_rows}")


class Finetuned(NamedTuple):
    """What came of it; the report is None, and no checkpoint there, where the run was stopped before its end."""

    output: Path
    step: int
    stopped: bool
    manifest: DataManifest
    report: EvaluationReport | None


def finetune(
    source: str | Path,
    output: str | Path,
    base: str | Path,
    settings: FinetuneSettings | None = None,
    *,
    terms: Terms | None = None,
    known: str | Path | None = None,
    resume: bool = False,
    draw: Draw | None = None,
) -> Finetuned:
    """Fine-tunes a checkpoint on a folder of music.

    Args:
        source: What `read_pieces` takes.
        output: The checkpoint's folder, to be made.
        base: The checkpoint to start from: a folder or a name on the Hub.
        settings: How.
        terms: Licence and credit where the source is silent; what nobody states is called so.
        known: The built data of the base, to rehearse.
        resume: Go on with what an earlier call left.
        draw: Makes the pictures of samples.

    Raises:
        FileNotFoundError: If there is no such source or checkpoint.
        FileExistsError: If the output exists, or an earlier run without ``resume``.
        ValueError: If too few pieces can be read, or nothing could be held out.
    """
    settings, terms, target, home = (
        settings or FinetuneSettings(),
        terms or Terms(),
        Path(output),
        find_checkpoint(base),
    )
    work = target.with_name(f"{target.name}-run")
    if target.exists():
        raise FileExistsError(f"{target} must not exist yet; remove it or choose another folder")
    if work.exists() and not resume:
        raise FileExistsError(f"{work} holds a run; pass resume=True (--resume), remove it or choose another output")
    try:
        data, manifest = _built(source, work, home, settings, terms, known)
    except ValueError:
        if not resume:  # the same command works when the folder has been put right
            shutil.rmtree(work, ignore_errors=True)
        raise
    trainer = Trainer(data, work, training_settings(home, base_name(base), settings), draw)
    trainer.run(resume, settings.max_seconds)
    progress = trainer.progress
    if progress.step < trainer.settings.steps:
        return Finetuned(target, progress.step, trainer.stop.asked, manifest, None)
    bits = {
        name: trainer.held_out.bits_per_note(_model(folder, trainer), "compose")[0]
        for name, folder in (("before", home), ("after", work / "best"))
    }
    report = EvaluationReport(
        f"{base_name(base)}, fine-tuned on {manifest.name}: bits a note of its held-out music",
        hash_file(work / "best" / WEIGHTS_FILE),
        min(trainer.settings.validation_rows, len(trainer.validation)),
        settings.seed,
        tuple(Measurement(f"bits_per_note/{name}", value, None, None) for name, value in bits.items()),
    )
    leave_checkpoint(work / "best", target, home, report)
    return Finetuned(target, progress.step, trainer.stop.asked, manifest, report)


def find_checkpoint(name: str | Path) -> Path:
    """The folder of a checkpoint, fetched from the Hub where it is none here.

    Raises:
        FileNotFoundError: If it is neither.
    """
    folder = Path(name)
    if (folder / "config.json").is_file():
        return folder
    if folder.exists() or folder.is_absolute():
        raise FileNotFoundError(f"a checkpoint must be a folder with config.json or a name on the Hub; got {name}")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(str(name)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise FileNotFoundError(f"{name} is no checkpoint here, and cannot be had from the Hub: {error}") from error


def base_name(base: str | Path) -> str:
    """What a card calls a checkpoint: its name on the Hub, else that of the run it came from, else its folder's."""
    folder = Path(base)
    if not folder.exists():
        return str(base)
    record = folder / RUN_FILE
    return RunRecord.load(record).name if record.exists() else folder.resolve().name


def training_settings(home: Path, name: str, settings: FinetuneSettings) -> TrainingSettings:
    """The settings of a run that starts from a checkpoint: what it has learned to do and to read stays as it is.

    Args:
        home: The checkpoint's folder.
        name: What its card calls it.
        settings: Of the fine-tuning.
    """
    often = max(1, settings.steps // 10)
    values: dict[str, Any] = {
        "init_from": str(home),
        "base_model": name,
        "lora_rank": settings.lora_rank,
        "sketches": MidiTextProcessor.from_pretrained(home).sketches,
        "tasks": _known_tasks(home),
        "steps": settings.steps,
        "events_per_batch": settings.events_per_batch,
        "learning_rate": settings.learning_rate or (3e-3 if settings.lora_rank else 3e-4),
        "matrix_learning_rate": 0.0,
        "weight_decay": 0.0,
        "warmup_steps": min(10, often),
        "validate_every": often,
        "validation_rows": 64,
        "save_every": often,
        "samples": 2,
        "seed": settings.seed,
    }
    return TrainingSettings(**{**values, **settings.training})


def _known_tasks(home: Path) -> dict[str, float]:
    """The tasks that the checkpoint was trained on, where its run record says so, in the shares of a fine-tune."""
    record = home / RUN_FILE
    told = RunRecord.load(record).settings.get("tasks") if record.exists() else None
    known = {task: share for task, share in _SHARES.items() if isinstance(told, dict) and told.get(task)}
    return known or {task: _SHARES[task] for task in ("compose", "opening", "caption")}


def _built(
    source: str | Path, work: Path, home: Path, settings: FinetuneSettings, terms: Terms, known: str | Path | None
) -> tuple[Path, DataManifest]:
    """The data to train on, and what the folder gave to them."""
    name = Path(source).resolve().name
    terms = replace(
        terms,
        licence=terms.licence or _NOT_STATED,
        attribution=terms.attribution or f"{name}: {_NOT_STATED}",
    )
    tokenizer = MidiTextProcessor.from_pretrained(home).tokenizer
    built, mixed = work / "built", work / "data"
    manifest = build_dataset(
        source,
        built,
        BuildSettings(seed=settings.seed),
        terms=terms,
        tokenizer=tokenizer,
        held_out=settings.held_out,
        num_proc=settings.num_proc,
    )
    for reason, count in manifest.failures.items():
        logger.warning("left out: %d: %s", count, reason)
    pieces = sum(one.pieces for one in manifest.sources)
    if pieces < FEWEST_PIECES or not (manifest.splits["train"] and manifest.splits["validation"]):
        raise ValueError(
            f"{source} must hold at least {FEWEST_PIECES} pieces that can be read, some to learn from and some to hold "
            f"out; it gave {pieces} ({manifest.splits}), left out: {dict(manifest.failures)}"
        )
    if known is None:
        return built, manifest
    if not mixed.exists():
        mix(built, known, mixed, round(settings.known_rows * manifest.splits["train"]), settings.seed)
    return mixed, manifest


def _model(folder: Path, trainer: Trainer) -> Any:
    model = MidiTextForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    return model.to(trainer.accelerator.device)


def leave_checkpoint(best: Path, output: Path, home: Path, report: EvaluationReport) -> None:
    """Makes a run's best weights a checkpoint of its own, with the credits and the style probe of its base.

    Args:
        best: What the run left.
        output: The folder to make.
        home: The base's folder.
        report: Of these weights.
    """
    with whole_folder(output) as folder:
        shutil.copytree(best, folder, dirs_exist_ok=True)
        if (home / PROBE_FILE).exists():
            shutil.copyfile(home / PROBE_FILE, folder / PROBE_FILE)
        if (home / CREDITS).exists():
            own = (folder / CREDITS).read_text(encoding="utf-8") if (folder / CREDITS).exists() else ""
            theirs = (home / CREDITS).read_text(encoding="utf-8")
            (folder / CREDITS).write_text(f"{own}\n# Of the base model\n\n{theirs}", encoding="utf-8")
        report.save(folder / REPORT_FILE)
