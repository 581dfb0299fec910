"""The training loop: an explicit one, on Accelerate, for one process or many.

What a run leaves in its folder: ``checkpoint-<step>/`` to go on from, ``best/`` with the weights of the lowest held-out
bits per note, the tokenizer and the run record beside them, and ``samples/step-<step>/`` for people (`samples`).
Folders are written under another name and renamed when whole. A run that is stopped (SIGTERM, Ctrl-C, a limit of
seconds) saves and ends; started again with ``resume`` it goes on as if nothing had happened: the same batches, the same
words, the same learning rates.

Losses are sums over target tokens divided by the tokens of all processes, so that padding and the number of processes
change nothing.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import math
import os
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedDataParallelKwargs, set_seed
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from ..configuration_midi_text import MidiTextConfig
from ..data.batches import IGNORED, ExampleTable, plan_epoch
from ..data.stopping import Stop, whole_folder
from ..masks_midi_text import column_reader
from ..modeling_midi_text import MidiTextForConditionalGeneration
from ..processing_midi_text import MidiTextProcessor
from ..records import DataManifest, LossPoint, RunRecord, git_commit, installed_versions
from ..tokenization_midi_text import MidiTextTokenizer
from .adapters import add_adapters, merged
from .contrast import CONTRAST, PROJECTION_DIM, in_step, pair_loss
from .epochs import Epoch, HeldOut, TensorBatch
from .masking import played_rows
from .objectives import CAPS, PLAYED
from .optimizers import make_optimizers
from .progress import Progress
from .samples import Draw, held_out_scores, write_samples
from .settings import TrainingSettings
from .speed import Speed, faster_precision

logger = logging.getLogger(__name__)


class Trainer:
    """One run in one process: built, then `run`.

    Args:
        data: A folder that ``build_dataset`` wrote.
        output: The run's folder.
        settings: How to train.
        draw: Makes the pictures of samples; None for none.
    """

    def __init__(self, data: str | Path, output: str | Path, settings: TrainingSettings, draw: Draw | None = None):
        if settings.mixed_precision == "auto":
            device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
            launched = os.environ.get("ACCELERATE_MIXED_PRECISION")  # the same in all processes
            settings = replace(settings, mixed_precision=launched or faster_precision(device))
        self.settings, self.data, self.output, self.draw = settings, Path(data), Path(output), draw
        AcceleratorState._reset_state()  # an earlier run in this process may have had another precision
        self.accelerator = Accelerator(
            mixed_precision=settings.mixed_precision,
            log_with=_trackers(settings) or None,
            project_dir=self.output,
            dataloader_config=DataLoaderConfiguration(use_seedable_sampler=False),
            step_scheduler_with_optimizer=False,
            # A step of pairs uses no decoder, and one of another task no projections.
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=settings.tasks.get(CONTRAST, 0) > 0)],
        )
        set_seed(settings.seed)
        self.manifest = DataManifest.load(self.data / "manifest.json")
        self.tokenizer = MidiTextTokenizer.from_pretrained(self.data / "tokenizer")
        self.table = ExampleTable(self.data, "train", settings.max_events)
        self.weights = self.table.weights(settings.sources)
        rows = played_rows(self.table, column_reader(self.tokenizer))
        self.suited = {task: rows for task in PLAYED if settings.tasks.get(task, 0) > 0}
        self.validation = ExampleTable(self.data, "validation", settings.max_events)
        self.held_out = HeldOut(self.validation, self.tokenizer, settings, self.accelerator)
        self.model = self._new_model()
        if self.accelerator.device.type == "cpu":
            self.model.set_attn_implementation("eager")  # measured: up to 40 % more tokens a second than sdpa
        self.parameters = self.model.num_parameters()
        if settings.lora_rank:
            add_adapters(self.model, settings.lora_rank)
        self.optimizers = make_optimizers(self.model, settings)
        self.schedulers = [torch.optim.lr_scheduler.LambdaLR(o, self._rate) for o in self.optimizers]
        self.average = (
            AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(settings.ema_decay))
            if settings.ema_decay
            else None
        )
        runner = torch.compile(self.model, dynamic=True) if settings.compile else self.model
        self.runner, *prepared = self.accelerator.prepare(runner, *self.optimizers)
        self.optimizers = prepared
        self.progress = Progress()
        kept = [self.progress, *self.schedulers, *([self.average] if self.average else [])]
        self.accelerator.register_for_checkpointing(*kept)
        if self.average is not None:
            self.average.to(self.accelerator.device)
        self.stop = Stop()

    def _new_model(self) -> MidiTextForConditionalGeneration:
        space = {"projection_dim": PROJECTION_DIM} if self.settings.tasks.get(CONTRAST, 0) > 0 else {}
        if self.settings.init_from is not None:
            if MidiTextConfig.from_pretrained(self.settings.init_from).projection_dim:
                space = {}  # it brings its own
            model = MidiTextForConditionalGeneration.from_pretrained(
                self.settings.init_from, dtype=torch.float32, **space
            )
            if model.config.vocab_size != len(self.tokenizer):
                raise ValueError(
                    f"{self.settings.init_from} has {model.config.vocab_size} ids, the data's tokenizer "
                    f"{len(self.tokenizer)}; build the data with the checkpoint's tokenizer"
                )
            return model
        config = MidiTextConfig(
            vocab_size=len(self.tokenizer),
            music_offset=self.tokenizer.music_offset,
            **{**space, **self.settings.model},
        )
        return MidiTextForConditionalGeneration(config)

    def _rate(self, step: int) -> float:
        """Linear warm-up, then half a cosine down to the final share."""
        s = self.settings
        if step < s.warmup_steps:
            return (step + 1) / s.warmup_steps
        done = min(1.0, (step - s.warmup_steps) / max(1, s.steps - s.warmup_steps))
        return s.final_learning_rate + (1 - s.final_learning_rate) * (1 + math.cos(math.pi * done)) / 2

    # -- the loop ------------------------------------------------------------------------------------------------

    def run(self, resume: bool = False, max_seconds: float | None = None) -> RunRecord | None:
        """Trains to the last step, or until stopped.

        Args:
            resume: Go on from the newest checkpoint, where there is one.
            max_seconds: Save and end after this long; the next run with ``resume`` goes on.

        Returns:
            The run record, or None where there is no validated checkpoint yet.

        Raises:
            FileExistsError: If the folder holds a run and ``resume`` is off.
        """
        found = self._newest()
        if found is not None and not resume:
            raise FileExistsError(f"{self.output} holds a run; pass resume=True (--resume) or choose another folder")
        if found is not None:
            self.accelerator.load_state(str(found))
        self.accelerator.init_trackers("midi-text")
        speed = Speed(self.model.config, self.accelerator, self.settings.mixed_precision)
        started, before = time.monotonic(), self.progress.seconds
        bar = tqdm(
            total=self.settings.steps,
            initial=self.progress.step,
            disable=not self.accelerator.is_local_main_process,
            unit="step",
        )
        self.model.train()
        recent = {False: 0.0, True: 0.0}  # of tokens, of pairs
        pairs_only = self._pairs_only
        with self.stop.listening():
            for batch in self._batches():
                loss = self._step(batch)
                speed.take(batch)
                of_pairs = "midi_input_ids" in batch
                recent[of_pairs] = 0.95 * recent[of_pairs] + 0.05 * loss if recent[of_pairs] else loss
                progress = self.progress
                progress.seconds = before + time.monotonic() - started
                bar.update()
                best = f"{progress.best_bits:.2f} bits per note" if progress.best_step else "not yet measured"
                if pairs_only:
                    best = f"{progress.best_pairs:.3f} nats per pair" if progress.best_step else "not yet measured"
                shown = f"loss {recent[pairs_only]:.3f}" + (f", of pairs {recent[True]:.3f}" if recent[True] else "")
                bar.set_postfix_str(f"{shown}, best {best}", refresh=False)
                last = progress.step >= self.settings.steps
                over = max_seconds is not None and time.monotonic() - started > max_seconds
                stop = self._agree(self.stop.asked or over)
                if progress.step % self.settings.validate_every == 0 or last:
                    self._validate(recent[pairs_only], speed.figures())
                if progress.step % self.settings.save_every == 0 or last or stop:
                    self._save()
                if self.settings.samples and not pairs_only and (progress.step % self._sample_every == 0 or last):
                    self._write_samples()
                if last or stop:
                    break
                speed.go_on()
        bar.close()
        self.accelerator.end_training()
        return self._record() if self.progress.best_step else None

    def _batches(self) -> Iterator[TensorBatch]:
        """Batches from where the run stands, epoch after epoch."""
        world, rank = self.accelerator.num_processes, self.accelerator.process_index
        while True:
            s, progress = self.settings, self.progress
            drawn = s.tasks, s.events_per_batch, s.seed, progress.epoch
            plan = plan_epoch(self.table.lengths, *drawn, caps=CAPS, suited=self.suited, weights=self.weights)
            plan = in_step(plan, world)
            if not plan:
                raise ValueError(f"{world} processes need at least {world} batches an epoch; use fewer or more data")
            own, seed = plan[progress.batch + rank :: world], f"{s.seed}:{progress.epoch}"
            epoch = Epoch(self.table, self.tokenizer, own, seed, augment=True, sketches=s.sketches)
            loader = DataLoader(
                epoch,
                batch_size=None,
                generator=torch.Generator(),  # the default one is dropout's: a resume would draw from it twice
                num_workers=s.workers,
                prefetch_factor=4 if s.workers else None,
                multiprocessing_context="fork" if s.workers else None,
            )
            for batch in loader:
                progress.batch += world
                yield batch
            progress.epoch += 1
            progress.batch = 0

    def _step(self, batch: TensorBatch) -> float:
        """One optimisation step; returns nats per token, or per pair."""
        accelerator = self.accelerator
        batch = {key: value.to(accelerator.device, non_blocking=True) for key, value in batch.items()}
        if "midi_input_ids" in batch:
            words, pieces = batch.pop("words"), batch.pop("pieces")
            tokens = accelerator.reduce(batch["attention_mask"].sum() + batch["midi_attention_mask"].sum(), "sum")
            loss, _ = pair_loss(self.runner(**batch), words, pieces)  # the same on all ranks
            accelerator.backward(loss * self.settings.contrast_weight)
            loss = loss / accelerator.num_processes
        else:
            tokens = accelerator.reduce((batch["labels"] != IGNORED).sum(), "sum")
            loss = self.runner(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                labels=batch["labels"],
                decoder_input_ids=batch["decoder_input_ids"],
                num_items_in_batch=tokens,
                use_cache=False,
            ).loss
            accelerator.backward(loss * accelerator.num_processes)  # ranks are averaged, the tokens are a sum
        accelerator.clip_grad_norm_(self.model.parameters(), self.settings.max_gradient_norm)
        for optimizer, scheduler in zip(self.optimizers, self.schedulers, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            scheduler.step()
        if self.average is not None:
            self.average.update_parameters(self.model)
        self.progress.step += 1
        self.progress.tokens += int(tokens)
        return float(accelerator.reduce(loss.detach(), "sum"))

    # -- validation and papers -----------------------------------------------------------------------------------

    def _validate(self, training_loss: float, speed: dict[str, float]) -> None:
        """Measures held-out bits per note, keeps the best weights."""
        measured = {"weights": self.held_out.bits_per_note(self.model, "compose")}
        untold, _ = self.held_out.bits_per_note(self.model, "untold")
        if self.average is not None:
            measured["average"] = self.held_out.bits_per_note(self.average.module, "compose")
        name = min(measured, key=lambda key: measured[key][0])
        bits, nats = measured[name]
        progress = self.progress
        pairs = {}
        if self.settings.tasks.get(CONTRAST, 0) > 0:
            pairs = dict(zip(("nats", "mrr"), self.held_out.pairs(self.model), strict=True))
            logger.info("step %d: %.3f nats per pair, mean reciprocal rank %.3f", progress.step, *pairs.values())
        progress.losses.append((progress.step, training_loss, pairs["nats"] if self._pairs_only else nats))
        self.accelerator.log(
            {
                "loss": training_loss,
                **{f"bits_per_note/{key}": value[0] for key, value in measured.items()},
                "bits_per_note/untold": untold,
                **{f"pairs/{key}": value for key, value in pairs.items()},
                **{f"speed/{key}": value for key, value in speed.items()},
            },
            step=progress.step,
        )
        logger.info("step %d: loss %.3f, bits per note %.3f, untold %.3f", progress.step, training_loss, bits, untold)
        logger.info(
            "%.0f tokens/s, %.1f %% of the %.3g FLOP/s that a matrix product reaches here",
            speed["tokens_per_second"],
            100 * speed["model_flop_utilisation"],
            speed["peak_flops"],
        )
        better = pairs["nats"] < progress.best_pairs if self._pairs_only else bits < progress.best_bits
        if better:
            progress.best_bits, progress.best_step, progress.best_is_average = bits, progress.step, name == "average"
            progress.best_pairs = pairs.get("nats", progress.best_pairs)
            best = self.average.module if self.average is not None and name == "average" else self.model
            if self.accelerator.is_main_process:
                self._write_best(best)
        self.accelerator.wait_for_everyone()

    @property
    def _pairs_only(self) -> bool:
        """Whether the run learns a shared space and nothing else."""
        return all(task == CONTRAST for task, share in self.settings.tasks.items() if share > 0)

    @property
    def _sample_every(self) -> int:
        return max(1, self.settings.steps // self.settings.samples)

    @property
    def _processor(self) -> MidiTextProcessor:
        return MidiTextProcessor(self.tokenizer, self.model.config.max_source_length, sketches=self.settings.sketches)

    def _write_samples(self) -> None:
        """What the model writes now, for people; one process writes, the others wait."""
        if self.accelerator.is_main_process:
            folder = self.output / "samples" / f"step-{self.progress.step:07d}"
            processor = self._processor
            write_samples(self.model, processor, held_out_scores(self.validation, processor), folder, self.draw)
        self.accelerator.wait_for_everyone()

    def _write_best(self, model: Any) -> None:
        """The best weights in bf16, with processor, papers and credits: a folder that ``from_pretrained`` reads."""
        with whole_folder(self.output / "best") as folder:
            merged(model).to("cpu", torch.bfloat16).save_pretrained(folder)
            self._processor.save_pretrained(folder)
            self._record().save(folder / "run_record.json")
            self.manifest.save(folder / "data_manifest.json")
            credits_page = self.data / "CREDITS.md"
            if credits_page.exists():
                shutil.copyfile(credits_page, folder / credits_page.name)

    def _record(self) -> RunRecord:
        progress = self.progress
        return RunRecord(
            name=self.output.resolve().name,
            data_manifest_hash=self.manifest.hash,
            git_commit=git_commit(Path(__file__).parent),
            versions=installed_versions(),
            hardware=self._hardware(),
            settings=json.loads(json.dumps(asdict(self.settings))),
            seed=self.settings.seed,
            parameters=self.parameters,
            losses=tuple(LossPoint(*point) for point in progress.losses),
            best_step=progress.best_step,
            wall_seconds=round(progress.seconds, 1),
            tokens_seen=progress.tokens,
            bits_per_note=progress.best_bits,
        )

    def _hardware(self) -> str:
        processes = self.accelerator.num_processes
        if torch.cuda.is_available():
            return f"{processes} × {torch.cuda.get_device_name()}"
        return f"{processes} × CPU, {torch.get_num_threads()} threads, {platform.machine()}"

    # -- stopping and going on -----------------------------------------------------------------------------------

    def _save(self) -> None:
        """A checkpoint to go on from; the oldest beyond ``keep`` go."""
        target = self.output / f"checkpoint-{self.progress.step:07d}"
        with whole_folder(target, self.accelerator) as folder:
            self.accelerator.save_state(str(folder))
        if self.accelerator.is_main_process:
            for old in sorted(self.output.glob("checkpoint-*"))[: -self.settings.keep]:
                shutil.rmtree(old)

    def _newest(self) -> Path | None:
        found = sorted(path for path in self.output.glob("checkpoint-*") if path.is_dir())
        return found[-1] if found else None

    def _agree(self, flag: bool) -> bool:
        """True on all processes if it is true on one."""
        if self.accelerator.num_processes == 1:
            return flag
        return bool(self.accelerator.reduce(torch.tensor(float(flag), device=self.accelerator.device), "sum") > 0)


def _trackers(settings: TrainingSettings) -> list[str]:
    """Those that were named; TensorBoard, where it is installed, if none were."""
    if settings.trackers is not None:
        return list(settings.trackers)
    return ["tensorboard"] if importlib.util.find_spec("tensorboard") else []


def train(
    data: str | Path,
    output: str | Path,
    settings: TrainingSettings | None = None,
    *,
    resume: bool = False,
    max_seconds: float | None = None,
) -> RunRecord | None:
    """Trains on a folder that ``build_dataset`` wrote; see `Trainer.run`."""
    return Trainer(data, output, settings or TrainingSettings()).run(resume, max_seconds)
