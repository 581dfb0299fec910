"""The three papers that travel with a model: what it was fed, how it was trained, what it can do.

`build` leaves a `DataManifest`, `train` a `RunRecord`, `evaluate` an `EvaluationReport`; `export` fills the
model card from them and copies them beside the weights. A paper is a frozen dataclass and one JSON file.
Reading is strict: an unknown key, a missing key or a value of the wrong kind is a `RecordError` that names
the file, the place and what was expected; a number that silently fell out of a paper would silently fall out
of a card, so nothing has a default either. Files are written whole or not at all. `paper.hash` names a paper's
content: a run names its manifest by it, a report names its checkpoint by `hash_file`.
"""

import dataclasses
import hashlib
import json
import math
import os
import subprocess
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Self

Json = str | int | float | bool | None | list[Any] | dict[str, Any]

MANIFEST_FILE, RUN_FILE, REPORT_FILE = "data_manifest.json", "run_record.json", "evaluation_report.json"
"""What the papers are called where they lie beside weights."""
WEIGHTS_FILE = "model.safetensors"

_LIBRARIES = (
    "midi-text",
    "torch",
    "transformers",
    "tokenizers",
    "accelerate",
    "datasets",
    "miditok",
    "symusic",
)


class RecordError(ValueError):
    """A paper that cannot be trusted; says where, what must stand there and what was found."""


@dataclass(frozen=True)
class Paper:
    """What the three papers share: strict JSON in both directions, atomic files, a hash of the content."""

    def to_dict(self) -> dict[str, Any]:
        """The paper as plain JSON values, its kind first."""
        return {"kind": type(self).__name__, **_plain(self)}

    def to_json(self) -> str:
        """The paper as readable JSON text.

        Raises:
            RecordError: A number is NaN or infinite, which JSON cannot hold.
        """
        try:
            return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        except (TypeError, ValueError) as error:
            raise RecordError(
                f"A {type(self).__name__} must hold finite numbers and plain JSON values only: {error}."
            ) from error

    @classmethod
    def from_json(cls, text: str, name: str = "<text>") -> Self:
        """Reads a paper from JSON text; `name` stands for the text in errors.

        Raises:
            RecordError: The text is not JSON, or another paper, or has unknown, missing or ill-typed keys.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise RecordError(f"{name} must be a JSON file: {error}.") from error
        if not isinstance(data, dict) or data.get("kind") != cls.__name__:
            found = data.get("kind", "no kind at all") if isinstance(data, dict) else f"a {type(data).__name__}"
            raise RecordError(f'{name} must be a JSON object of kind "{cls.__name__}", found {found}.')
        del data["kind"]
        return typing.cast(Self, _read(cls, data, name))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the paper to `path`, whole or not at all.

        Raises:
            RecordError: A number is not finite.
            OSError: The folder cannot be written.
        """
        write_whole(path, self.to_json().encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads the paper at `path`.

        Raises:
            RecordError: The content is not such a paper.
            OSError: The file cannot be read.
        """
        return cls.from_json(Path(path).read_text(encoding="utf-8"), os.fspath(path))

    @property
    def hash(self) -> str:
        """SHA-256 (hexadecimal) of the content, whatever the order of mappings and the layout of the file."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class SourceRecord:
    """One source of training data and what its licence asks for."""

    name: str
    url: str
    licence: str  # an SPDX identifier where there is one, e.g. "CC-BY-4.0"
    attribution: str  # the sentence the licence asks to be shown
    pieces: int
    notes: int
    hours: float


@dataclass(frozen=True)
class DataManifest(Paper):
    """What a data set was built from and how."""

    name: str
    sources: tuple[SourceRecord, ...]
    splits: Mapping[str, int]  # split -> examples
    failures: Mapping[str, int]  # reason -> files left out
    settings: Mapping[str, Json]
    seed: int
    tokenizer_hash: str
    content_hash: str  # of the built shards
    versions: Mapping[str, str]


@dataclass(frozen=True)
class LossPoint:
    """The losses at one step, in nats per token; the validation loss only where it was measured."""

    step: int
    training: float
    validation: float | None


@dataclass(frozen=True)
class RunRecord(Paper):
    """How a checkpoint came to be."""

    name: str
    data_manifest_hash: str
    git_commit: str
    versions: Mapping[str, str]
    hardware: str
    settings: Mapping[str, Json]
    seed: int
    parameters: int
    losses: tuple[LossPoint, ...]
    best_step: int
    wall_seconds: float
    tokens_seen: int
    bits_per_note: float  # of held-out music, at the best step


@dataclass(frozen=True)
class Measurement:
    """One row of a report: `low` and `high` bound the 95 % interval where one was computed."""

    metric: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class EvaluationReport(Paper):
    """What a checkpoint can do, on how many examples, drawn with which seed."""

    name: str
    checkpoint_hash: str
    examples: int
    seed: int
    rows: tuple[Measurement, ...]

    def value(self, metric: str) -> float:
        """The value in the row named `metric`.

        Raises:
            KeyError: No row has that name; the message lists the names there are.
        """
        for row in self.rows:
            if row.metric == metric:
                return row.value
        raise KeyError(f"{self.name} has no row {metric!r}; it has {', '.join(row.metric for row in self.rows)}")


@dataclass(frozen=True)
class Papers:
    """The three papers of one checkpoint; they must speak of each other.

    Raises:
        RecordError: The run was trained on other data than the manifest describes.
    """

    manifest: DataManifest
    run: RunRecord
    report: EvaluationReport

    def __post_init__(self) -> None:
        if self.run.data_manifest_hash != self.manifest.hash:
            raise RecordError(
                f"The run {self.run.name!r} must be trained on the data of its manifest: it names manifest "
                f"{self.run.data_manifest_hash}, found {self.manifest.hash}. Bring the manifest that `build` "
                "left beside that data."
            )

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """Reads the papers that lie in `folder` under their usual names.

        Raises:
            FileNotFoundError: One is not there.
            RecordError: One is not whole, or they do not belong together.
        """
        home = Path(folder)
        return cls(
            DataManifest.load(home / MANIFEST_FILE),
            RunRecord.load(home / RUN_FILE),
            EvaluationReport.load(home / REPORT_FILE),
        )

    @classmethod
    def of_checkpoint(cls, folder: str | os.PathLike[str]) -> Self:
        """Reads the papers that lie beside weights, and makes sure that they speak of these.

        Raises:
            FileNotFoundError: A paper or the weights are not there.
            RecordError: A paper is not whole, or they do not belong together.
        """
        papers = cls.load(folder)
        papers.check_weights(Path(folder) / WEIGHTS_FILE)
        return papers

    def check_weights(self, path: str | os.PathLike[str]) -> None:
        """Makes sure that the report measured these weights.

        Raises:
            OSError: They cannot be read.
            RecordError: It measured others.
        """
        measured, found = self.report.checkpoint_hash, hash_file(path)
        if measured != found:
            raise RecordError(
                f"The report must speak of the weights in {Path(path).parent}: it measured {measured}, these are "
                f"{found}. Evaluate this checkpoint anew: midi-text evaluate --model {Path(path).parent} --data DATA."
            )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Writes the papers into `folder` under their usual names."""
        home = Path(folder)
        self.manifest.save(home / MANIFEST_FILE)
        self.run.save(home / RUN_FILE)
        self.report.save(home / REPORT_FILE)


def installed_versions() -> dict[str, str]:
    """The versions of the libraries that decide a result, where they are installed, and of this package."""
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_commit(folder: str | os.PathLike[str] = ".") -> str:
    """The commit checked out in `folder`, "+changes" when files differ from it; "unknown" outside git."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", os.fspath(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file that appears whole or not at all.

    Raises:
        OSError: If it cannot be written.
    """
    target = Path(path)
    # Beside it, for a rename is never half done; and always the same, so that what a killed process left goes.
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def hash_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 (hexadecimal) of a file's bytes.

    Raises:
        OSError: The file cannot be read.
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(value: Any) -> Any:
    """Dataclasses, mappings and tuples as JSON objects and lists."""
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _read(kind: Any, value: Any, place: str) -> Any:
    """The JSON `value` as `kind`, a type that stands in a dataclass above; `place` names it in errors."""
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(typing.cast(type, kind), value, place)
    if kind == Json or kind is Any:
        return value
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(arguments[0], item, f"{place}[{i}]") for i, item in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        return {key: _read(arguments[1], item, f"{place}[{key!r}]") for key, item in value.items()}
    if origin is types.UnionType:  # "float | None" is the only union apart from Json
        return None if value is None else _read(arguments[0], value, place)
    if kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if kind in (int, str) and type(value) is kind:
        return value
    expected = {tuple: "a list", Mapping: "an object"}.get(origin) or {float: "a finite number"}.get(kind)
    raise RecordError(f"{place} must be {expected or f'of type {kind.__name__}'}, found {value!r}.")


def _read_dataclass(kind: type, value: Any, place: str) -> Any:
    """The JSON object `value` as the dataclass `kind`, which must have exactly its keys."""
    if not isinstance(value, dict):
        raise RecordError(f"{place} must be an object with the keys of {kind.__name__}, found {value!r}.")
    hints = typing.get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    missing = [name for name in names if name not in value]
    unknown = [name for name in value if name not in names]
    for verb, wrong in (("misses", missing), ("has unknown", unknown)):
        if wrong:
            raise RecordError(
                f"{place} must have exactly the keys {', '.join(names)}, but it {verb} {', '.join(wrong)}."
            )
    return kind(**{name: _read(hints[name], value[name], f"{place}: {name}") for name in names})
