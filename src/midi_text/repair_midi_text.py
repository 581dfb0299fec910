"""A caption is held to the facts: a false statement gets the right word in the same slot, or goes.

The caption is read as any reader would read it (`read_prompt`); a statement that the facts contradict is
replaced where the facts have a word for the slot ("in D major" -> "in D minor", "flute" -> the most used
instrument not yet named, "slow" -> "fast"), and otherwise its words are cut (`cuts_midi_text`). What then still
contradicts loses its sentence. The result is read again: no contradiction is left. Besides, sections that are told by
their bars become those that there are, and a list of instruments is complete, names each once and calls none alone.
Who wrote the music cannot be heard: a name goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .ask_midi_text import Statement
from .cuts_midi_text import AND, CUT, clauses, cut, mended, merged, tidy, undoubled
from .facts.analysis import Analysis
from .facts_midi_text import MusicFacts
from .prompt_midi_text import read_prompt
from .truth_midi_text import ANALYSIS_FACTS, class_holds, contradicts, role_programs, unnamed_programs
from .vocabulary_midi_text import CLASSES, FAMILIES, TEMPO_WORDS, instrument_name, tempo_words

_MOST_ADDED = 3  # instruments that are named one by one where a caption forgot them
_SOLO = re.compile(r"\b(?:solo|unaccompanied|lone)[ -]+$", re.IGNORECASE)
NOTHING_TRUE = "A piece of music."  # where no sentence of the caption survives


@dataclass(frozen=True)
class CheckedCaption:
    """A caption without contradictions, and what it took.

    Attributes:
        text: The caption; every statement read from it is true of the facts.
        statements: Those statements.
        repaired: "old -> new" for each replacement.
        dropped: The words of each statement that was cut.
        contradicted_before: Statements of the original that the facts contradict.
        stated_before: Statements of the original.
    """

    text: str
    statements: tuple[Statement, ...]
    repaired: tuple[str, ...]
    dropped: tuple[str, ...]
    contradicted_before: int
    stated_before: int


def check_caption(text: str, facts: MusicFacts, analysis: Analysis | None = None) -> CheckedCaption:
    """Repair or drop what is not borne out. Never raises on any `str`.

    Args:
        text: The caption.
        facts: The basic facts of the music.
        analysis: The closer look at it; without one everything that only it could bear out is dropped.
    """
    original = stated = _judged(text)
    wrong = _wrong(original, facts, analysis)
    repaired: list[str] = []
    dropped: list[str] = []
    text = _with_true_sections(text, analysis, repaired, dropped)
    if repaired or dropped:
        stated = _judged(text)
    if wrong or repaired or dropped:
        text = _mend(text, stated, (facts, analysis), repaired, dropped)
        for _ in range(2):  # a cut may bring words together that state something new
            text = _without_sentences(text, _wrong(_judged(text), facts, analysis), dropped)
    text = _without_authors(text, dropped)
    text = _in_company(_without_repeats(undoubled(text), dropped), facts, dropped)
    text = _with_all_instruments(text, facts, repaired)
    statements = read_prompt(text).statements
    if _wrong(statements, facts, analysis):
        dropped += [s.text for s in statements]
        text, statements = NOTHING_TRUE, ()
    return CheckedCaption(text, statements, tuple(repaired), tuple(dropped), len(wrong), len(original))


def _judged(text: str) -> tuple[Statement, ...]:
    """The statements of a text that can be true or false; a style is neither here."""
    return tuple(s for s in read_prompt(text).statements if s.fact != "style")


def _wrong(statements: Sequence[Statement], facts: MusicFacts, analysis: Analysis | None) -> list[Statement]:
    return [s for s in statements if contradicts(s.fact, s.value, facts, analysis)]


def _mend(
    text: str,
    statements: Sequence[Statement],
    measured: tuple[MusicFacts, Analysis | None],
    repaired: list[str],
    dropped: list[str],
) -> str:
    """Replace or cut every false statement, from the end of the text to its start."""
    facts, analysis = measured
    unnamed = _unnamed_instruments(statements, facts)
    replacements: dict[tuple[int, int], str] = {}
    for statement in _wrong(statements, facts, analysis):
        span = (statement.start, statement.end)
        if span not in replacements:
            word = (
                unnamed.pop(0)
                if statement.fact in ("program", "family") and unnamed
                else _word(statement, facts, analysis)
            )
            replacements[span] = word
    wrong = {span for span, word in replacements.items() if not word}
    others = [(s.start, s.end) for s in statements if (s.start, s.end) not in wrong]
    cuts = merged(
        clause
        for statement in statements
        if (statement.start, statement.end) in wrong and statement.fact in ANALYSIS_FACTS
        for clause in clauses(text, statement, others)
    )
    edits = [(*clause, "", True) for clause in cuts] + [
        (*span, word, False)
        for span, word in replacements.items()
        if not any(first <= span[0] < last for first, last in cuts)
    ]
    for start, end, word, whole in sorted(edits, reverse=True):
        old = text[start:end]
        if word and re.match(r"drum (?:beat|fill|groove|loop|pattern|solo|track)", old, re.IGNORECASE):
            word += " piece"
        if word:
            repaired.append(f"{old} -> {word}")
            word = _like(word, old) if _opens(text, start) else word
            text = _with_article(text[:start], word, text[end:]) + text[end:]
        else:
            dropped.append(old.strip(" ,;") if whole else old)
            text = text[:start] + CUT + text[end:] if whole else cut(text, start, end)
    repaired.reverse()
    dropped.reverse()
    return mended(text, dropped)


def _opens(text: str, start: int) -> bool:
    """Whether a sentence begins there."""
    return not text[:start].strip() or text[:start].rstrip()[-1] in ".!?\n"


_SECTION = r"\b[A-Z] \(bars? \d+(?:[-–]\d+)?\)"
_SECTIONS = re.compile(rf"{_SECTION}(?:(?:,? and |, ){_SECTION})*")
_MOST_SECTIONS = 8  # a longer row is no caption


def _with_true_sections(text: str, analysis: Analysis | None, repaired: list[str], dropped: list[str]) -> str:
    """Where sections are told by their bars, those that are there: "A (bars 1-8) and B (bars 9-16)"."""
    true = list(analysis.form.listed) if analysis else []
    shown = " and ".join(filter(None, (", ".join(true[:-1]), *true[-1:]))) if 1 < len(true) <= _MOST_SECTIONS else ""
    for told in reversed(list(_SECTIONS.finditer(text))):
        parts = [part.replace("–", "-") for part in re.findall(_SECTION, told.group())]
        if parts == true:
            continue
        if shown:
            repaired.append(f"{told.group()} -> {shown}")
            text = text[: told.start()] + shown + text[told.end() :]
        else:
            dropped.append(told.group())
            text = cut(text, told.start(), told.end())
    return text


def _unnamed_instruments(statements: Sequence[Statement], facts: MusicFacts) -> list[str]:
    """Instruments that sound and that no true statement names, most notes first."""
    named: set[int] = set()
    for statement in statements:
        if statement.fact == "program":
            named.add(statement.value)
        elif statement.fact == "family":
            named |= FAMILIES[statement.value].programs
    return [instrument_name(p) for p in facts.programs if p not in named]


_JOINT = re.compile(rf"\s*(?:,|,?\s*(?:{AND}|with)(?!\w))\s*(?:an?\b|the\b)?\s*", re.IGNORECASE)


_CAPITAL = r"(?!Alberti|Amen|Picardy)[^\W\da-z]"
_NAME = (
    rf"(?:an? {_CAPITAL}\w+ composer|{_CAPITAL}(?:[\w'’-]{{2,}}|\.)"
    rf"(?: (?:{_CAPITAL}(?:[\w'’-]+|\.)|van|von|de|da|del|di))*(?: \(\d+-\d+\))?)"
)
_AUTHOR = re.compile(
    rf",?\s+(?:(?:to|on)\s+words\s+)?(?:(?:composed|written|set down)\s+)?(?:by|from the pen of|the work of)\s+{_NAME}"
    rf"|\b(?:[Tt]he|[Ii]ts) composer (?:is|was) {_NAME}|{_NAME} (?:wrote it|composed it|is the composer)"
)


def _without_authors(text: str, dropped: list[str]) -> str:
    """Without who is said to have written it."""
    found = [match.group().strip(" ,") for match in _AUTHOR.finditer(text)]
    if not found:
        return text
    dropped += found
    return mended(_AUTHOR.sub(CUT, text), dropped) or NOTHING_TRUE


def _without_repeats(text: str, dropped: list[str]) -> str:
    """A list of instruments that names one twice names it once: "harpsichord, violin and harpsichord"."""
    again: list[Statement] = []
    listed: set[int] = set()
    end = 0
    for statement in sorted((s for s in read_prompt(text).statements if s.fact == "program"), key=lambda s: s.start):
        if not _JOINT.fullmatch(text[end : statement.start]):
            listed = set()
        if statement.value in listed:
            again.append(statement)
        listed.add(statement.value)
        end = statement.end
    for statement in reversed(again):
        dropped.append(statement.text)
        text = cut(text, statement.start, statement.end)
    return mended(text, dropped) if again else text


_ALONE = re.compile(r"(?: solo)? (?:alone|only|by itself|unaccompanied)\b")


def _in_company(text: str, facts: MusicFacts, dropped: list[str]) -> str:
    """No instrument is said to be alone where there are others: "for piano alone. … a violin"."""
    if len(facts.programs) < 2:
        return text
    for statement in sorted(read_prompt(text).statements, key=lambda s: -s.end):
        alone = _ALONE.match(text, statement.end) if statement.fact in ("program", "family") else None
        if alone:
            dropped.append(alone.group().strip())
            text = text[: alone.start()] + text[alone.end() :]
    return text


def _with_all_instruments(text: str, facts: MusicFacts, repaired: list[str]) -> str:
    """A list of instruments that claims to be complete and is not becomes so: "for solo piano" of a duo."""
    ask = read_prompt(text)
    unnamed = unnamed_programs(ask, facts)
    named = [s for s in ask.statements if s.fact in ("program", "family")]
    if not unnamed or not named:
        return text
    words = [instrument_name(program) for program in unnamed] if len(unnamed) <= _MOST_ADDED else ["other instruments"]
    last = named[-1].end
    added = "".join(f", {word}" for word in words[:-1]) + f" and {words[-1]}"
    first = named[0].start
    before = _SOLO.sub("", text[:first])
    opens = len(before) < first and _opens(before, len(before))
    before += (text[first].upper() if opens else text[first]) + text[first + 1 : last]
    repaired.append(f"{text[named[-1].start : last]} -> {text[named[-1].start : last]}{added}")
    return before + added + text[last:]


def _word(statement: Statement, facts: MusicFacts, analysis: Analysis | None) -> str:
    """The right word for the slot of a false statement, or "" if there is none."""
    fact, text = statement.fact, statement.text
    if fact in ANALYSIS_FACTS:
        return _word_of_analysis(fact, text, analysis) if analysis else ""
    if fact == "tempo_bpm":
        return _tempo_word(text, facts.tempo_bpm)
    if fact == "time_signature":
        metre = "{}/{}".format(*facts.time_signature)
        if re.search(r"\d\s*[-/ ]\s*\d", text):
            return re.sub(r"\d+\s*[-/ ]\s*\d+", metre, text, count=1)
        if re.search(r"time|metre|meter|four|eight|two|breve", text, re.IGNORECASE):
            return f"{metre} time"
        return _like("pieces" if text.endswith("s") else "piece", text)  # a dance of another metre
    if fact == "key":
        return facts.key.name if facts.key else ""
    if fact == "mode":
        return re.sub("minor|major", facts.key.mode, text, flags=re.IGNORECASE) if facts.key else ""
    if fact == "bars":
        unit = "measure" if "measure" in text.lower() else "bar"
        if "-" in text:
            return f"{facts.bars}-{unit}"
        return _number_in(text, facts.bars) or f"{facts.bars} {unit}{'s' * (facts.bars != 1)}"
    if fact == "duration_seconds":
        return _duration_word(text, facts.duration_seconds)
    if fact in CLASSES:
        noun = text.lower().split()[-1]
        true = [w for n, b in CLASSES[fact].items() if class_holds(fact, n, facts) for w in b.written + b.read_only]
        if noun in ("register", "range", "texture", "density"):
            true = [word for word in true if word.endswith(f" {noun}")]
        return _like(true[0], text) if true else ""
    return ""


def _word_of_analysis(fact: str, text: str, analysis: Analysis) -> str:
    """The right word for a false statement about the closer look; traits have no other word and go."""
    if fact == "form":
        return analysis.form.plan if len(analysis.form.sections) > 1 else ""
    if fact == "chords" and analysis.harmony.loop:
        separator = re.search(r"[A-G]\S*(\s*[-–—|,→>]\s*|\s+)[A-G]", text)
        return (separator.group(1) if separator else " ").join(chord.name for chord in analysis.harmony.loop)
    role = fact.partition("_")[0]
    if role in ("melody", "bass"):
        players = role_programs(role, analysis)
        return instrument_name(players[0]) if players else ""
    if fact == "key_change" and len(analysis.tonality.spans) > 1:
        return analysis.tonality.spans[1].key.name
    return ""


def _tempo_word(text: str, tempo_bpm: float) -> str:
    if re.search(r"\d|=|\bbeats|\bbpm", text, re.IGNORECASE):
        return _number_in(text, round(tempo_bpm)) or f"{round(tempo_bpm)} BPM"
    low = text.lower()
    italian = next((w.italian for w in TEMPO_WORDS if low.replace("-", " ") in
                    [word.replace("-", " ") for word in w.written + w.read_only]), False)  # fmt: skip
    words = tempo_words(tempo_bpm, italian) or tempo_words(tempo_bpm)
    if low.endswith("ly"):
        return next((w for w, plain in (("slowly", "slow"), ("quickly", "quick")) if plain in words), "")
    return _like(words[0], text) + (" tempo" if low.endswith(" tempo") else "") if words else ""


def _duration_word(text: str, seconds: float) -> str:
    n = max(1, round(seconds))
    if re.search(r"\d+-second", text):
        return f"{n}-second"
    about = "about " if re.match("about|around|roughly|approximately", text, re.IGNORECASE) else ""
    if ":" in text or n > 100:
        return f"{about}{n // 60}:{n % 60:02d}"
    return f"{about}{n} second{'s' * (n != 1)}"


def _number_in(text: str, number: int) -> str:
    """The text with its one number exchanged; "" if it has none or several, or counts other notes than quarters."""
    if len(re.findall(r"\d+(?:\.\d+)?", text)) != 1 or re.search("dotted|half|eighth|minim|quaver", text.lower()):
        return ""
    changed = re.sub(r"\d+(?:\.\d+)?", str(number), text)
    return re.sub(r"(bar|measure)s$", r"\1", changed) if number == 1 else re.sub(r"(bar|measure)$", r"\1s", changed)


def _like(word: str, text: str) -> str:
    """The word with the capital of the text that it replaces."""
    return word[:1].upper() + word[1:] if text[:1].isupper() else word


def _with_article(before: str, word: str, after: str) -> str:
    """Set a word after a text that may end in "a" or "an", which a plural by itself takes away."""
    match = re.search(r"\b([Aa])n?(\s+)$", before[-8:])
    if match is None:
        return before + word
    alone = not re.match(r"[ -][a-z]", after) or re.match(r" (?:and|or|with|in|at|plus|are|is)\b", after)
    if alone and word.endswith("s") and not word.endswith("ss"):
        return before[: len(before) - len(match.group())] + word
    vowel = word[0] in "aeiouAEIOU8" or word.split()[0].rstrip("#b") == "F" or bool(re.match("1[18]\\b", word))
    return before[: len(before) - len(match.group())] + match.group(1) + ("n" if vowel else "") + match.group(2) + word


def _without_sentences(text: str, wrong: Sequence[Statement], dropped: list[str]) -> str:
    """The text without the sentences that hold false statements."""
    for statement in sorted(wrong, key=lambda s: s.start, reverse=True):
        if statement.end > len(text):
            continue  # its sentence went with another statement
        start = max(text.rfind(mark, 0, statement.start) for mark in (". ", "! ", "? ", "\n", "; ")) + 1
        ends = [i for i in (text.find(mark, statement.end) for mark in (". ", "! ", "? ", "\n", "; ")) if i >= 0]
        end = min(ends) + 1 if ends else len(text)
        dropped.append(text[start:end].strip())
        text = text[:start] + text[end:]
    return tidy(text) if wrong else text
