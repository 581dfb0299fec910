"""A settings dataclass as options of a command: an option a field, told in the words of the class's docstring."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .options import seed

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Settings = TypeVar("Settings", bound="DataclassInstance")
_KINDS: dict[str, Any] = {"int": int, "float": float, "str": str, "int | None": int, "str | None": str}
_FIELD = re.compile(r"^ {4}(\w+): (\S.*(?:\n {8}.*)*)\.$", re.MULTILINE)  # in a docstring's Attributes


def add_settings(parser: argparse.ArgumentParser, kind: type[DataclassInstance], without: Collection[str] = ()) -> None:
    """Adds an option for every field that is one number, name or switch; `settings_of` reads them.

    Args:
        parser: Of the command.
        kind: The settings.
        without: Fields that the command has an option of its own for.
    """
    told = _told(kind)
    group = parser.add_argument_group("settings", f"the fields of {kind.__name__} [their defaults]")
    for field in dataclasses.fields(kind):
        if field.name in without:
            continue
        option, text = f"--{field.name.replace('_', '-')}", f"{told.get(field.name, '')}[{field.default}]"
        if field.type == "bool":
            group.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=text)
        elif field.type in _KINDS:
            group.add_argument(option, type=seed if field.name == "seed" else _KINDS[str(field.type)], help=text)


def _told(kind: type) -> dict[str, str]:
    """Help by field, from the docstring; empty where Python runs without docstrings."""
    found = _FIELD.findall(inspect.getdoc(kind) or "")
    return {name: f"{text[0].lower()}{text[1:]} ".replace("``", "").replace("%", "%%") for name, text in found}


def settings_of(args: argparse.Namespace, kind: type[Settings], values: Mapping[str, Any] | None = None) -> Settings:
    """Settings from the options that were given, and behind them from a file's values.

    Raises:
        ValueError: If a value has no field, or makes no sense there.
    """
    values = values or {}
    names = [field.name for field in dataclasses.fields(kind)]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(unknown)}; it has {', '.join(names)}")
    given = {name: getattr(args, name) for name in names if getattr(args, name, None) is not None}
    try:
        return kind(**{**values, **given})
    except TypeError as error:
        raise ValueError(f"a value in the settings has the wrong type: {error}") from error


def read_settings(path: Path) -> Mapping[str, Any]:
    """Values of a JSON or TOML file, told apart by its name.

    Raises:
        ValueError: If it is neither.
    """
    text = path.read_text(encoding="utf-8")
    try:
        values = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path} must be JSON, or TOML with the ending .toml: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} must hold an object of settings; it holds a {type(values).__name__}")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
