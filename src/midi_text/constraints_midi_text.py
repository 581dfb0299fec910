"""Logits processors: what a generation may not leave.

:class:`MusicLogitsProcessor` lets through only tokens after which the piece is still well-formed, still inside its
locks (:class:`Locks`), and can still end within the length given. So *every* sequence that ``generate`` writes,
greedily, by sampling or by beams, decodes, ends, has at least one note and holds what was asked; how good it is
remains the model's affair. Each row of a batch has its own locks. :class:`SameNotesLogitsProcessor` lets a model play
given notes, with dynamics and tempi of its own. :class:`TextOnlyLogitsProcessor` keeps captions to words.

The hard rules come from the grammar and piece modules beside this one. Two gentle ones live here, as additions to
the logits: an instrument that was asked for and is still silent is preferred more and more, and with a key locked,
pitches that make a key finder hear that key are preferred while it would hear another (:class:`KeyGuide`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from transformers import LogitsProcessor

from .grammar_midi_text import NO_LIMIT, Coded, Event, EventGrammar, event_grammar
from .key_midi_text import KEYS, TURNED, Key
from .locks_midi_text import SCALES, Rules
from .locks_midi_text import Locks as Locks
from .piece_midi_text import Piece
from .script_midi_text import Script

_ENTRY_BIAS = 4.0  # nats for an instrument that should sound by now
_MOST = 2.5  # how much more than its strength the guide may weigh while the asked key trails


class KeyGuide:
    """Bends the choice of pitches towards an asked key, as far as two key finders need it.

    Both compare how long each pitch class sounds with a profile per key: Aarden-Essen by correlation,
    Albrecht-Shanahan by Euclidean distance. What moves the asked key ahead of its rivals is the difference of their
    profiles. It weighs in full while the asked key does not lead, less the more it leads, and not at all once its lead
    is clear.

    Args:
        keys: The asked key of each row, None for a row without.
        strength: The largest weight that one pitch can get from one finder, nats.
    """

    def __init__(self, keys: Sequence[Key | None], strength: float = 2.0) -> None:
        self.rows = np.array([row for row, key in enumerate(keys) if key is not None], np.int64)
        asked = np.array([KEYS.index(key) for key in keys if key is not None], np.int64)
        self._strength = strength
        self._own = (np.arange(len(asked))[:, None], np.arange(2)[None], asked[:, None])  # into (rows, finders, keys)
        self._asked = _PROFILES[:, asked].swapaxes(0, 1)
        self._scale = _SCALES[asked][:, None]

    def weights(self, durations: np.ndarray) -> np.ndarray:
        """Nats to add for a note of each pitch class.

        Args:
            durations: How long each pitch class has sounded in each row, shape (B, 12).

        Returns:
            Shape (len(self.rows), 12), for the rows that ask for a key.
        """
        share = durations[self.rows]
        share /= np.maximum(share.sum(1, keepdims=True), 1e-9)
        spread = np.sqrt(np.maximum((share * share).sum(1) - share.sum(1) / 12, 1e-9))
        fit = share @ _FITS  # linear in the shares, but for what is the same for all keys
        fit[:, :24] /= spread[:, None]
        fit[:, 24:] -= _SQUARES
        fit = fit.reshape(-1, 2, 24)
        own = fit[self._own]
        fit[self._own] = -np.inf
        best = fit.max(2)
        rivals = np.exp(_SHARPNESS * (fit - best[:, :, None]))
        rivals /= rivals.sum(2, keepdims=True)
        towards = self._asked - (rivals[:, :, None] @ _PROFILES)[:, :, 0]
        towards -= (towards * self._scale).sum(2, keepdims=True) / 7
        towards *= self._scale
        need = np.clip(1 - (own - best) / _CLEAR, 0, _MOST) / np.abs(towards).max(2)
        return self._strength * (need[:, :, None] * towards).sum(1)


def _unit(rows: np.ndarray) -> np.ndarray:
    centred = rows - rows.mean(1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


# The two finders: profiles of the 24 keys, (2, 24, 12); the lead that is clear and how sharply near rivals count,
# in correlation and in squared distance.
_PROFILES = np.stack([_unit(TURNED["aarden-essen"]), TURNED["albrecht-shanahan"]])
_FITS = np.concatenate([_PROFILES[0], 2 * _PROFILES[1]]).T
_SQUARES = (_PROFILES[1] ** 2).sum(1)
_CLEAR = np.array([0.06, 0.006])
_SHARPNESS = np.array([20.0, 200.0])[:, None]
_SCALES = np.array([[(pc - key.tonic) % 12 in SCALES[key.mode] for pc in range(12)] for key in KEYS], np.float64)


class MusicLogitsProcessor(LogitsProcessor):
    """Grammar and locks, for ``generate(logits_processor=[...])`` and for any loop that calls it once per step.

    Args:
        token_events: ``tokenizer.token_events``: for every id its events, ``()`` for what is not music.
        eos_token_id: The id that ends a piece.
        max_length: Length at which ``generate`` stops, counted as it counts: everything in ``input_ids``, so for
            ``max_new_tokens`` add the length of what the decoder starts with. The piece ends before.
        locks: One for all rows, or one per prompt (None: grammar only). With several sequences or beams per prompt
            the rows of one prompt stand together, as ``generate`` lays them out.
        key_strength: See :class:`KeyGuide`; 0 turns the guide off and leaves the scale and the tonic.

    Raises:
        ValueError: If the vocabulary cannot serve the locks, or ``max_length`` is too short for them.
    """

    def __init__(
        self,
        token_events: Sequence[Sequence[str]],
        eos_token_id: int,
        max_length: int,
        locks: Locks | Sequence[Locks | None] | None = None,
        key_strength: float = 2.0,
    ) -> None:
        self.grammar: EventGrammar = event_grammar(token_events, eos_token_id)
        self.max_length, self.key_strength = max_length, key_strength
        each = [locks] if locks is None or isinstance(locks, Locks) else list(locks)
        if not each:
            raise ValueError("locks must be Locks, None or a list with one entry per prompt; got an empty list")
        made = {lock: Rules(self.grammar, lock) for lock in dict.fromkeys(lock or Locks() for lock in each)}
        self.rules = [made[lock or Locks()] for lock in each]
        for rules in made.values():
            needed = Piece(rules, np.zeros(12)).cost()
            if needed >= max_length:
                raise ValueError(
                    f"max_length must be more than {needed} to hold {rules.locks}; got {max_length}: allow more tokens "
                    "or ask for fewer bars or instruments"
                )
        bars = np.flatnonzero(self.grammar.leading[Event.BAR]) + self.grammar.offset
        self._ending = torch.from_numpy(np.append(bars, eos_token_id))
        self._pieces: list[Piece] = []
        self._ids: torch.Tensor | None = None
        self._primed = 0  # ids that were there when the writing started
        self._heard = np.zeros((0, 12))  # a row for each piece, which writes it
        self._weighed: bytes | None = None  # what was heard when the guide was last asked
        self._guide = KeyGuide([])
        self._tilt = np.zeros((0, 0), np.float32)  # what the guide adds, per row and music token

    @torch.no_grad()
    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Bars every token that may not come next.

        Args:
            input_ids: What the decoder has so far, shape (B, T); special tokens in it are passed over.
            scores: Logits, shape (B, V).

        Returns:
            Shape (B, V): -inf where barred, at least one token open in each row.
        """
        self._follow(input_ids)
        music = slice(self.grammar.offset, self.grammar.offset + self.grammar.size)
        allowed, ends = self._allow(self.max_length - input_ids.shape[1])
        extra = np.full(scores.shape, -np.inf, np.float32)
        np.copyto(extra[:, music], self._bias(), where=allowed)
        extra[ends, self.grammar.eos_token_id] = 0
        out = scores + torch.from_numpy(extra).to(scores)
        last = [row for row, piece in enumerate(self._pieces) if ends[row] and piece.in_last_bar]
        if last:  # where no bar may follow, the wish for one is a wish to end: else it goes to yet more notes here
            out[last, self.grammar.eos_token_id] = scores[last][:, self._ending].logsumexp(1)
        return out  # type: ignore[return-value]

    def keep(self, rows: list[int], count: int) -> None:
        """From now on only these of ``count`` rows are there, in this order."""
        self.rules = [self.rules[row * len(self.rules) // count] for row in rows]

    # -- following the rows --------------------------------------------------------------------------------------

    def _follow(self, input_ids: torch.Tensor) -> None:
        """Brings the pieces up to ``input_ids``: one token further, rows reordered by a beam, or from the start."""
        known, count = self._ids, input_ids.shape[0]
        if known is not None and known.shape[1] + 1 != input_ids.shape[1]:
            known = None
        if known is not None and known.shape[0] == count and torch.equal(known, input_ids[:, :-1]):
            for piece, token in zip(self._pieces, input_ids[:, -1].tolist(), strict=True):
                piece.advance(token)
        else:
            self._restart(input_ids, known)
        self._ids = input_ids.clone()

    def _restart(self, input_ids: torch.Tensor, known: torch.Tensor | None) -> None:
        count = input_ids.shape[0]
        if known is None:
            self._primed = input_ids.shape[1]
        if count % len(self.rules):
            raise ValueError(f"{count} rows cannot be shared out among {len(self.rules)} locks: give one per prompt")
        rules = [self.rules[row * len(self.rules) // count] for row in range(count)]
        heard, pieces = np.zeros((count, 12)), []
        for row, ids in enumerate(input_ids):
            same = (known == ids[:-1]).all(1).tolist() if known is not None else []
            twins = [self._pieces[i] for i, is_same in enumerate(same) if is_same]
            twin = next((piece for piece in twins if piece.rules is rules[row]), None)
            piece = twin.copy(heard[row]) if twin else Piece(rules[row], heard[row])
            for token in ids[-1:].tolist() if twin else ids.tolist():
                piece.advance(token)
            pieces.append(piece)
        if [piece.rules for piece in self._pieces] != rules:
            self._guide = KeyGuide([r.key for r in rules] if self.key_strength else [], self.key_strength)
        self._pieces, self._heard, self._weighed = pieces, heard, None

    # -- deciding ------------------------------------------------------------------------------------------------

    def _allow(self, remaining: int) -> tuple[np.ndarray, np.ndarray]:
        """Which music may come, shape (B, M), and which rows may end, shape (B,)."""
        grammar = self.grammar
        allowed, ends = np.empty((len(self._pieces), grammar.size), bool), []
        for ok, piece in zip(allowed, self._pieces, strict=True):
            step, rules = piece.next_step(remaining, max(1, self.max_length - self._primed)), piece.rules
            here = piece.state, piece.program, piece.fixed_metre
            ok[:] = rules.allowed(*here, step.limits)
            if step.only is not None:
                ok &= step.only
            if rules.chords is not None:
                ok &= rules.chords.judge(piece)[0]
            for program, pitch in piece.here:
                ok[grammar.playing_here(program, pitch)] = False
                if program == piece.program:
                    ok[grammar.playing_here(-1, pitch)] = False
            stuck = not step.may_end and not np.count_nonzero(ok)  # only after a start that broke the rules
            if stuck and not piece.is_whole():  # keep to the grammar
                ok[:] = rules.allowed(*here, [*step.limits[:2], *[NO_LIMIT] * (len(step.limits) - 2)])
                ok &= grammar.single.any(0)
                stuck = not ok.any()
            if piece.ended:
                ok[:] = False
            ends.append(piece.ended or step.may_end or stuck)
        return allowed, np.array(ends)

    def _bias(self) -> np.ndarray | float:
        """Nats to add to each music token, shape (B, M); 0 if there is nothing to add."""
        urgencies = [piece.urgency() for piece in self._pieces]
        guided = self._guide.rows
        chordal = [(row, p.rules.chords, p) for row, p in enumerate(self._pieces) if p.rules.chords is not None]
        if not len(guided) and not any(urgencies) and not chordal:
            return 0.0
        out = np.zeros((len(self._pieces), self.grammar.size), np.float32)
        if len(guided):
            if self._weighed != (heard := self._heard.tobytes()):
                self._weighed = heard
                self._tilt = self._guide.weights(self._heard).astype(np.float32) @ self.grammar.pitch_classes
            out[guided] = self._tilt
        for row, chords, piece in chordal:
            out[row] += chords.judge(piece)[1]
        for row, urgency in enumerate(urgencies):
            if urgency:
                piece = self._pieces[row]
                out[row, piece.rules.entering(piece.silent)] += _ENTRY_BIAS * urgency
        return out


class SameNotesLogitsProcessor(LogitsProcessor):
    """Keeps each row to its script: the same notes, with velocities and tempi as the model likes.

    Args:
        token_events: ``tokenizer.token_events``.
        eos_token_id: The id that ends a piece.
        scripts: For each row the coded events of its piece, in the order of `EventVocabulary.encode`, and its slowest
            and fastest tempo; what the decoder starts with is their beginning. Rows of one script stand together, as
            ``generate`` lays them out.
        median: Whether each note gets the median of the velocities that it may have, by their probabilities, which
            is nearest to them all; for greedy writing, which else takes the likeliest.
    """

    def __init__(
        self,
        token_events: Sequence[Sequence[str]],
        eos_token_id: int,
        scripts: Sequence[tuple[tuple[Coded, ...], tuple[int, int]]],
        median: bool = False,
    ) -> None:
        self.grammar: EventGrammar = event_grammar(token_events, eos_token_id)
        self._velocities = _velocities(self.grammar) if median else None
        made = {script: Script(self.grammar, *script) for script in scripts}
        self.scripts = [made[script] for script in scripts]
        self._ids: torch.Tensor | None = None
        self._places: list[tuple[int, bool]] = []

    @property
    def most_tokens(self) -> int:
        """No row gets longer, the end included."""
        return max(script.most_tokens for script in self.scripts)

    def keep(self, rows: list[int], count: int) -> None:
        """From now on only these of ``count`` rows are there, in this order."""
        self.scripts = [self.scripts[row * len(self.scripts) // count] for row in rows]
        if self._ids is not None:
            self._ids, self._places = self._ids[rows], [self._places[row] for row in rows]

    @torch.no_grad()
    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Bars every token that would change a note; shapes as in :class:`MusicLogitsProcessor`."""
        count, known = input_ids.shape[0], self._ids
        scripts = [self.scripts[row * len(self.scripts) // count] for row in range(count)]
        follows = known is not None and torch.equal(known, input_ids[:, :-1])
        places = self._places if follows else [(0, False)] * count
        self._places, self._ids = [], input_ids.clone()
        out = torch.full_like(scores, -torch.inf)
        offset = self.grammar.offset
        for row, script in enumerate(scripts):
            place = places[row]
            for token in input_ids[row, -1:].tolist() if follows else input_ids[row].tolist():
                if offset <= token < offset + self.grammar.size:
                    place = script.after(place, token - offset)
            self._places.append(place)
            allowed = script.allowed(place)
            if self._velocities is not None and len(allowed) > 1:
                weights = scores[row, torch.from_numpy(allowed + offset).to(scores.device)].float().softmax(0)
                allowed = allowed[_middling(self._velocities[allowed], weights.cpu().numpy())]
            ids = torch.from_numpy(allowed + offset) if len(allowed) else torch.tensor([self.grammar.eos_token_id])
            ids = ids.to(scores.device)
            out[row, ids] = scores[row, ids]
        return out  # type: ignore[return-value]


def _velocities(grammar: EventGrammar) -> np.ndarray:
    """The velocities of each local token, one after the other, -1 where it has no more, shape (M, most)."""
    of_token = [[value for event, value in events if event == Event.VELOCITY] for events in grammar.events]
    out = np.full((len(of_token), 1 + max(map(len, of_token))), -1)
    for row, values in zip(out, of_token, strict=True):
        row[: len(values)] = values
    return out


def _middling(velocities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Which tokens have the weighted median of the first velocity, of those the median of the second, and so on.

    Args:
        velocities: Of each token, shape (tokens, most); the last column is -1.
        weights: Their probabilities, shape (tokens,).

    Returns:
        Indices of tokens, at least one.
    """
    left = np.arange(len(weights))
    for column in velocities.T:
        values, mass = column[left], weights[left]
        told = values >= 0
        if 2 * mass[told].sum() <= mass.sum():
            return left[~told]
        left, values, mass = left[told], values[told], mass[told]
        order = np.argsort(values, kind="stable")
        middle = np.searchsorted(np.cumsum(mass[order]), mass.sum() / 2)
        left = left[values == values[order[min(middle, len(order) - 1)]]]
    return left


class TextOnlyLogitsProcessor(LogitsProcessor):
    """Keeps a caption to words: text pieces and the end, no music, no other special token.

    Args:
        token_events: ``tokenizer.token_events``.
        eos_token_id: The id that ends a text.
        special_ids: Ids of special tokens, ``tokenizer.all_special_ids`` or a part of it; never written, but the end.
    """

    def __init__(self, token_events: Sequence[Sequence[str]], eos_token_id: int, special_ids: Sequence[int]) -> None:
        barred = [bool(events) for events in token_events]
        for special in special_ids:
            barred[special] = special != eos_token_id
        self._barred = torch.tensor(barred)

    def keep(self, rows: list[int], count: int) -> None:
        """All rows are alike; nothing is to be done."""

    @torch.no_grad()
    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Bars everything but text and the end; scores have shape (B, V), ids beyond the vocabulary are barred too."""
        barred = torch.ones(scores.shape[-1], dtype=torch.bool)
        barred[: len(self._barred)] = self._barred
        return scores.masked_fill(barred.to(scores.device), -torch.inf)  # type: ignore[return-value]
