"""Words that say an instrument or a trait is not wanted: before it ("no", "leave out") and after it ("drums: none").

They are looked for around what was read as an instrument; alone they say nothing. `prompt_midi_text` asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from .tokens_midi_text import HYPHENS, Token

_NEGATIONS = frozenset(
    "no without w/o minus except excluding exclude excluded avoid avoiding sans nor omit omitting lacks remove skip "
    "ditch".split()
)
_NEGATED_VERBS = frozenset("use include want add have need with contain feature".split())
DONTS = frozenset("don't don’t dont doesn't doesn’t shouldn't shouldn’t mustn't mustn’t not never".split())
_PAIRS = frozenset(
    (("instead", "of"), ("not", "de"), ("not", "for"), ("leave", "out"), ("leaving", "out"), ("no", ":"))
)
_FILLERS = frozenset("any the a an of more live real additional use include from de for".split())
_BEING = frozenset("are is be to should must can will may".split())
_LEFT_OUT = frozenset((("left", "out"), ("leave", "out")))
_WELCOME = frozenset("allowed wanted needed necessary required welcome available".split())
_SIGNS = frozenset(": = ? -".split())
_ENDS = frozenset(("", ".", ",", ";", "!", "\n", "|", "/", "thanks", "thank", "please"))


def denial_before(tokens: Sequence[Token], index: int) -> int:
    """The token after words of denial that begin at `index`, or 0 where none do."""
    low, following = _low(tokens, index), _low(tokens, index + 1)
    if (low, following) in _PAIRS or (low in DONTS and following in _NEGATED_VERBS):
        start = index + 2
    elif (
        low in _NEGATIONS
        or (low == "not" and _low(tokens, index - 1) in ("but", "and", *_ENDS))
        or (low == "but" and _low(tokens, index - 1) in ("everything", "anything", "all"))
    ):
        start = index + 1
    else:
        return 0
    while _low(tokens, start) in _FILLERS:
        start += 1
    return start


def denied_after(text: str, tokens: Sequence[Token], index: int, end: int) -> bool:
    """Whether what follows `tokens[index:end]` denies it.

    "drum-free", "drums: none", "drums? no thanks", "drums are not allowed", "the drums should be left out", "leave the
    drums out".
    """
    if _low(tokens, end) in ("free", "less"):
        return tokens[end].start == tokens[end - 1].end + 1 and text[tokens[end].start - 1] in HYPHENS
    if _low(tokens, end) == "none":  # as Japanese says it
        return True
    if _low(tokens, end) in _SIGNS and _low(tokens, end + 1) in ("no", "none"):
        return _low(tokens, end + 2) in _ENDS
    if _low(tokens, end) == "out":
        return "leave" in (_low(tokens, index - 1), _low(tokens, index - 2))
    while _low(tokens, end) in _BEING:
        end += 1
    pair = _low(tokens, end), _low(tokens, end + 1)
    return pair in _LEFT_OUT or (pair[0] == "not" and pair[1] in _WELCOME)


def _low(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""
