"""One small trainer for all baselines, on Accelerate.

A batch follows from the seed, the step and the process alone, so a run can stop anywhere and go on exactly there. A run
leaves ``checkpoint-<step>/`` to go on from and ``best/`` with the weights of the lowest held-out bits per note, the run
record and the data's manifest beside them. Folders appear whole or not at all.
"""

from __future__ import annotations

import json
import math
import platform
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed
from tqdm.auto import tqdm

from ..data.examples import event_vocabulary
from ..data.stopping import KeptState, Stop, whole_folder
from ..records import DataManifest, LossPoint, RunRecord, git_commit, installed_versions
from . import KINDS
from .base import Baseline
from .corpus import MusicTable
from .note_lstm import NoteLstm
from .settings import BaselineSettings

_VALIDATED_TOGETHER = 16
_ROWS_FOR_AVERAGES = 4000


@dataclass
class BaselineProgress(KeptState):
    """Where a run stands; saved with each checkpoint."""

    step: int = 0
    notes: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best_bits: float = 1e9
    losses: list[tuple[int, float, float | None]] = field(default_factory=list)


class BaselineTrainer:
    """One run in one process: built, then `run`."""

    def __init__(self, data: str | Path, output: str | Path, settings: BaselineSettings):
        self.settings, self.output = settings, Path(output)
        AcceleratorState._reset_state()  # an earlier run in this process may have had another precision
        self.accelerator = Accelerator(mixed_precision=settings.mixed_precision, step_scheduler_with_optimizer=False)
        set_seed(settings.seed)
        self.manifest = DataManifest.load(Path(data) / "manifest.json")
        self.table = MusicTable(data, "train")
        self.held_out = [row.events for row in MusicTable(data, "validation").spread(settings.validation_rows)]
        kind = KINDS[settings.kind]
        self.model: Baseline = kind(
            kind.config_class(event_count=len(event_vocabulary().names), **dict(settings.model))
        )
        if isinstance(self.model, NoteLstm):
            self.model.learn_averages(self.table.draw(_ROWS_FOR_AVERAGES, np.random.default_rng(settings.seed)))
        optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        self.runner, self.optimizer = self.accelerator.prepare(self.model, optimizer)
        self.progress = BaselineProgress()
        self.accelerator.register_for_checkpointing(self.progress, self.scheduler)
        self.stop = Stop()

    def _rate(self, step: int) -> float:
        """Linear warm-up, then half a cosine down to the final share."""
        s = self.settings
        if step < s.warmup_steps:
            return (step + 1) / s.warmup_steps
        done = min(1.0, (step - s.warmup_steps) / max(1, s.steps - s.warmup_steps))
        return s.final_learning_rate + (1 - s.final_learning_rate) * (1 + math.cos(math.pi * done)) / 2

    def run(self, resume: bool = False, max_seconds: float | None = None) -> RunRecord | None:
        """Trains to the last step, or until stopped (SIGTERM, Ctrl-C, a limit of seconds), saves and ends.

        Args:
            resume: Go on from the newest checkpoint, where there is one.
            max_seconds: Save and end after this long.

        Returns:
            The run record, or None where nothing was validated yet.

        Raises:
            FileExistsError: If the folder holds a run and ``resume`` is off.
        """
        found = sorted(path for path in self.output.glob("checkpoint-*") if path.is_dir())
        if found and not resume:
            raise FileExistsError(f"{self.output} holds a run; pass resume=True (--resume) or choose another folder")
        if found:
            self.accelerator.load_state(str(found[-1]))
        started, before, progress, s = time.monotonic(), self.progress.seconds, self.progress, self.settings
        bar = tqdm(
            total=s.steps, initial=progress.step, unit="step", disable=not self.accelerator.is_local_main_process
        )
        with self.stop.listening():
            while progress.step < s.steps:
                loss = self._step()
                progress.seconds = before + time.monotonic() - started
                bar.update()
                best = f", best {progress.best_bits:.2f} bits per note" if progress.best_step else ""
                bar.set_postfix_str(f"loss {loss:.3f}{best}", refresh=False)
                last = progress.step == s.steps
                over = max_seconds is not None and time.monotonic() - started > max_seconds
                stop = self._agree(self.stop.asked or over)
                if progress.step % s.validate_every == 0 or last:
                    self._validate(loss)
                if progress.step % s.save_every == 0 or last or stop:
                    self._save()
                if stop:
                    break
        bar.close()
        return self._record() if progress.best_step else None

    def _step(self) -> float:
        """One optimisation step; returns the loss."""
        s, step = self.settings, self.progress.step
        rng = np.random.default_rng((s.seed, step, self.accelerator.process_index))
        batch = self.model.training_batch(self.table.draw(s.rows_per_batch, rng), rng, step / s.steps)
        self.runner.train()
        with self.accelerator.autocast():
            out = self.runner(**{name: value.to(self.accelerator.device) for name, value in batch.items()})
        self.accelerator.backward(out.loss)
        self.accelerator.clip_grad_norm_(self.model.parameters(), s.max_gradient_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.scheduler.step()
        self.progress.step += 1
        self.progress.notes += int(self.accelerator.reduce(out.notes, "sum"))
        return float(self.accelerator.reduce(out.loss.detach(), "mean"))

    @torch.no_grad()
    def _validate(self, training_loss: float) -> None:
        """Measures held-out bits per note, keeps the best weights; every process measures the same."""
        bits = notes = 0.0
        rng = np.random.default_rng(0)
        self.model.eval()
        for first in range(0, len(self.held_out), _VALIDATED_TOGETHER):
            try:
                batch = self.model.training_batch(self.held_out[first : first + _VALIDATED_TOGETHER], rng)
            except ValueError:  # nothing but drums, which the note models do not hear
                continue
            out = self.model(**{name: value.to(self.accelerator.device) for name, value in batch.items()})
            bits, notes = bits + float(out.bits), notes + float(out.notes)
        if not notes:
            raise ValueError("the validation split must hold music that this baseline can hear; it holds only drums")
        progress = self.progress
        progress.losses.append((progress.step, training_loss, bits / notes * math.log(2)))
        if bits / notes < progress.best_bits:
            progress.best_bits, progress.best_step = bits / notes, progress.step
            if self.accelerator.is_main_process:
                with whole_folder(self.output / "best") as folder:
                    self.model.save_pretrained(folder)
                    self._record().save(folder / "run_record.json")
                    self.manifest.save(folder / "data_manifest.json")
        self.accelerator.wait_for_everyone()

    def _record(self) -> RunRecord:
        progress, s = self.progress, self.settings
        device = (
            torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
        )
        return RunRecord(
            name=self.output.resolve().name,
            data_manifest_hash=self.manifest.hash,
            git_commit=git_commit(Path(__file__).parent),
            versions=installed_versions(),
            hardware=f"{self.accelerator.num_processes} × {device}, {platform.machine()}",
            settings=json.loads(json.dumps({**asdict(s), "bits_are": self.model.bits_are})),
            seed=s.seed,
            parameters=self.model.num_parameters(),
            losses=tuple(LossPoint(*point) for point in progress.losses),
            best_step=progress.best_step,
            wall_seconds=round(progress.seconds, 1),
            tokens_seen=progress.notes,
            bits_per_note=progress.best_bits,
        )

    def _save(self) -> None:
        """A checkpoint to go on from; the ones before go."""
        target = self.output / f"checkpoint-{self.progress.step:07d}"
        with whole_folder(target, self.accelerator) as folder:
            self.accelerator.save_state(str(folder))
        if self.accelerator.is_main_process:
            for old in sorted(self.output.glob("checkpoint-*"))[:-1]:
                shutil.rmtree(old)

    def _agree(self, flag: bool) -> bool:
        """True on all processes if it is true on one."""
        if self.accelerator.num_processes == 1:
            return flag
        return bool(self.accelerator.reduce(torch.tensor(float(flag), device=self.accelerator.device), "sum") > 0)


def train_baseline(
    data: str | Path,
    output: str | Path,
    settings: BaselineSettings | None = None,
    *,
    resume: bool = False,
    max_seconds: float | None = None,
) -> RunRecord | None:
    """Trains a baseline on a folder that ``build_dataset`` wrote; see `BaselineTrainer.run`."""
    return BaselineTrainer(data, output, settings or BaselineSettings()).run(resume, max_seconds)
