"""Licences by one name each, and which of them let music be passed on.

People write "CC BY-SA 3.0", "Creative Commons Attribution-ShareAlike 3.0" or an address; all of these become the
identifier of the SPDX list (https://spdx.org/licenses), ``CC-BY-SA-3.0``. The public domain has none there and is
called ``Public-Domain`` here. What is not recognised stays as it was written: a wrong licence is worse than a long one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

OPEN = "open"
# Those that let anybody pass the music on, changed or not: no "non-commercial", no "no derivatives".
_OPEN_PATTERNS = (
    "CC0-*", "CC-BY-[0-9]*", "CC-BY", "CC-BY-SA*", "CC-PDDC", "Public-Domain", "PDDL-*", "ODC-By-*", "ODbL-*",
    "MIT", "MIT-0", "ISC", "Zlib", "BSD-*", "Apache-*", "GPL-*", "LGPL-*", "AGPL-*", "Artistic*", "MPL-*",
    "Unlicense", "0BSD", "OFL-*",
)  # fmt: skip
_PUBLIC_DOMAIN = re.compile(r"\b(public[\s-]*domain|pd|gemeinfrei|domaine public|dominio p[uú]blico)\b", re.IGNORECASE)
_CREATIVE_COMMONS = re.compile(r"\bcc\b|\bcc[\s-]*by|creative\s*commons", re.IGNORECASE)
_ZERO = re.compile(r"\bcc[\s-]*0|\b(cc|commons)[\s-]*zero|publicdomain/zero", re.IGNORECASE)
_TERMS = (
    ("NC", re.compile(r"\bnc\b|non-?\s?commercial", re.IGNORECASE)),
    ("ND", re.compile(r"\bnd\b|no-?\s?deriv", re.IGNORECASE)),
    ("SA", re.compile(r"\bsa\b|share-?\s?alike", re.IGNORECASE)),
)
_VERSION = re.compile(r"\b(\d(?:\.\d)?)\b(?:[\s/-]+([A-Za-z]{2})\b)?")
_GNU = re.compile(r"\b(a|l)?gpl\b|gnu\s+(affero|lesser)?\s*general\s+public", re.IGNORECASE)
_LATER = re.compile(r"\+|or[\s-]+(any[\s-]+)?later", re.IGNORECASE)
_NAMES = (
    "MIT", "MIT-0", "ISC", "Zlib", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Artistic-1.0", "Artistic-2.0",
    "MPL-2.0", "Unlicense", "PDDL-1.0", "ODC-By-1.0", "ODbL-1.0", "OFL-1.1", "CC-PDDC", "0BSD", "Artistic",
)  # fmt: skip


def normalise(text: str) -> str:
    """The identifier of a licence, or the text as it was written, with single spaces.

    >>> normalise("Creative Commons Attribution-ShareAlike 4.0 International")
    'CC-BY-SA-4.0'
    """
    clean = " ".join(text.split())
    if name := _BY_LETTERS.get(_letters(clean)):
        return name
    if _ZERO.search(clean):
        return "CC0-1.0"
    if _CREATIVE_COMMONS.search(clean.replace("_", " ")):
        return _creative_commons(clean)
    if (gnu := _GNU.search(clean)) and (version := re.search(r"\d(\.\d)?", clean)):
        initial = (gnu[1] or gnu[2] or "")[:1].upper()
        return f"{initial}GPL-{_number(version[0])}{'-or-later' if _LATER.search(clean) else ''}"
    if _PUBLIC_DOMAIN.search(clean):
        return "Public-Domain"
    return clean


def _letters(text: str) -> str:
    return re.sub(r"\W|licen[cs]e|^the", "", text.lower())


_BY_LETTERS = {_letters(name): name for name in _NAMES}


def _number(version: str) -> str:
    return version if "." in version else f"{version}.0"


def _creative_commons(text: str) -> str:
    if not re.search(r"\bby\b|attribution", text, re.IGNORECASE):
        return "Public-Domain" if _PUBLIC_DOMAIN.search(text) else text
    parts = ["CC-BY", *(name for name, pattern in _TERMS if pattern.search(text))]
    if version := _VERSION.search(text):
        parts.append(_number(version[1]))
        if version[2]:
            parts.append(version[2].upper())
    return "-".join(parts)


def allowed(licence: str, accepted: Iterable[str]) -> bool:
    """Whether a licence, by its identifier, is among those accepted.

    Args:
        licence: As `normalise` gives it.
        accepted: Identifiers, patterns such as ``"CC-BY-*"``, or ``"open"`` for every licence that lets anybody pass
            the music on, changed or not. None at all accept everything.
    """
    patterns = [pattern for name in accepted for pattern in (_OPEN_PATTERNS if name == OPEN else (name,))]
    return not patterns or any(fnmatchcase(licence, pattern) for pattern in patterns)
