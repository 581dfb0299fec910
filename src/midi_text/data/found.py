"""What a reader found in a source, before anybody asked on what terms it may be used.

Every reader of this room gives the same: an id, a way to the content that is only gone for pieces that are taken, and
what the source says. `stated` sorts what people call things (``license``, ``caption``, ``text``, ``link`` …) into the
few names that the room uses; everything else is a label.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BYTES = 20_000_000  # of one file; more is no score that anybody wrote
_NAMES = {
    "licence": "licence", "license": "licence", "rights": "licence",
    "attribution": "attribution", "credit": "attribution", "credits": "attribution",
    "source": "source", "collection": "source",
    "split": "split",
    "group": "group", "work_id": "group",
    "url": "url", "link": "url",
}  # fmt: skip
_CAPTIONS = ("captions", "caption", "text", "texts", "description")


@dataclass(frozen=True)
class Found:
    """A piece in a source.

    Attributes:
        id: Unique in the source.
        read: Gives the content. Raises OSError or ValueError.
        values: Some of ``licence``, ``attribution``, ``source``, ``split``, ``group``, ``url`` and ``form``; under
            ``labels`` what people said of it, captions as a list.
    """

    id: str
    read: Callable[[], bytes]
    values: Mapping[str, Any] = field(default_factory=dict)


def stated(*notes: Mapping[str, Any]) -> dict[str, Any]:
    """What several notes on a piece say together, as ``values`` of a `Found`; later notes win, captions add up.

    A note's ``labels`` may be a JSON object, as text or not: all its members are labels.
    """
    values: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    captions: list[str] = []
    for note in notes:
        inner = note.get("labels") or {}
        labels |= json.loads(inner) if isinstance(inner, str) else inner
        for name, value in note.items():
            key = str(name or "labels").strip().lower()  # a table's cells beyond its heading have no name
            if key == "labels" or value is None or value in ("", [], {}):
                continue
            if key in _CAPTIONS:
                captions += [str(one).strip() for one in (value if isinstance(value, list | tuple) else [value])]
            elif key in _NAMES:
                values[_NAMES[key]] = value
            else:
                labels[key] = value
    captions += labels.pop("captions", [])
    if captions:
        labels["captions"] = list(dict.fromkeys(filter(None, captions)))
    return {**values, "labels": labels}
