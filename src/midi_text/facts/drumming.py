"""What the drums play: the families of patterns that drummers have names for, and fills.

A pattern is a picture of one bar: which limb strikes where. Each bar of the piece's main metre is compared with the
picture of each family, and a family holds when most bars with drums (fills apart) show it. Bars of 2/4 and 6/8 are
read in pairs, dotted quarters as beats of triplets. Drummers strike near the grid, and softly where it is only a
ghost: hits lie on the grid of `grid`, and a snare stroke below 60 % of the strong ones of the piece is no accent.
Drum keys are those of General MIDI, with the two of a Roland kit that it lacks. Lost: families of metres with other
than two, three or four beats, and what hand percussion plays.

Source: the families as drummers are taught them: C. Appice, "Realistic Rock" (1972); J. Riley, "The Art of Bop
Drumming" (1994), for the ride; D. da Fonseca and B. Weiner, "Brazilian Rhythms for Drumset" (1991). Checked on the
Groove MIDI Dataset, J. Gillick et al., "Learning to Groove with Inverse Sequence Transformations", ICML (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..bars_midi_text import seconds_at
from .grid import Lines, bar_steps, lay_out
from .runs import runs
from .view import View

_KICK, _SNARE, _GHOST, _STICK, _HAT, _OPEN, _RIDE, _CRASH, _TOM, _PEDAL, _OTHER = range(11)
_ROLE = np.full(128, _OTHER)
for _role, _keys in {
    _KICK: (35, 36), _SNARE: (38, 39, 40), _STICK: (37,), _HAT: (22, 42), _OPEN: (26, 46), _RIDE: (51, 53, 59),
    _CRASH: (49, 52, 55, 57), _TOM: (41, 43, 45, 47, 48, 50, 58), _PEDAL: (44,),
}.items():  # fmt: skip
    _ROLE[list(_keys)] = _role
_BARS = {(4, 4): 1, (2, 2): 1, (2, 4): 2, (12, 8): 1, (6, 8): 2}  # bars of four beats together, dotted ones in eighths
_BEATS, _ANDS = (np.array((0, 12, 24, 36)) + part for part in (0, 6))
_SIXTEENTHS = np.arange(0, 48, 3)
_ACCENT = 0.6  # of the 90th percentile of the snare's velocities; ghost strokes of groove lie below half of it
_HOLDS = 0.5  # share of the bars in which a pattern must be
_FEW = 4  # bars with drums in which nothing is usual yet
_BLAST = 5.5  # strokes a second of one limb: sixteenths of two limbs in turn from 165 quarters a minute
# Of several that hold the first names the drumming best: the narrower before the wider.
_NARROW_FIRST = (
    "blast beat", "bossa nova", "samba", "train beat", "disco beat", "swing ride", "shuffle", "half-time",
    "double-time", "breakbeat", "waltz beat", "march beat", "rock beat", "four on the floor", "backbeat",
)  # fmt: skip


@dataclass(frozen=True)
class Drumming:
    """The drums of a piece.

    Attributes:
        pattern: The trait that names the main pattern best, the narrower before the wider; None without drums or a
            clear one.
        pattern_share: Share of the bars with drums, fills apart, in which it holds, 0..1.
        fill_bars: Bars (from 0) with a fill, where at least 4 have drums: at least 3 more tom strokes than usual, or
            4 more on the snare while hi-hat and ride fall below .6 of the usual; no more than two such bars in a row.
        traits: "drum fills": 2 bars with a fill, or one in fewer than 16 bars with drums. The others hold when at
            least half of the bars with drums and the main metre, fills apart, and 2 or more, are as follows. In 4/4,
            2/2, 12/8, two bars of 2/4 or 6/8 ("and" is half a quarter after a beat; time is hi-hat, ride or crash;
            accents are meant unless ghosts are named): "backbeat": snare or side stick on 2 and 4, no snare on 1 and
            3. "rock beat": a backbeat, kick on 1 and between 2½ and 3½, on eighths only, at most 3 ghosts, time in 6
            of 8 eighths, no shuffle. "four on the floor": kick on all beats and at most twice elsewhere. "disco
            beat": that, with open hi-hat on 3 ands or more, no snare on 1 and 3. "half-time": snare on 3, not on 1, 2
            and 4, kick by 1¾ and not on 3, 4 eighths of time or more. "double-time": snare on 3 ands or more and no
            beat, kick on 1 and 3, time likewise. "shuffle": on 3 beats or more the time, alone or with side stick and
            ghosts, plays the beat and two thirds or more after it, nothing between, over a backbeat or a snare on 3.
            "swing ride": ride on 3 beats or more and after 2 or 4 but not after 1 and 3, no backbeat. "breakbeat":
            snare on 2 and 4, and ghosts or accents on 2 of the sixteenths 1¾, 2¾, 3¼ and 4¾, kick on 1 and 3½ or 3¾,
            not on 3, 4 eighths of time. "bossa nova": kick on 1, 2½ and 4½, at most 6 kicks, 3 accents of the snare,
            no backbeat, 6 eighths of time. "samba": kick on 3 beats and on the sixteenth before 3, at most 9 kicks.
            "train beat": snare in 12 of 16 sixteenths, 6 ghosts or more, accents on 3 ands or as a backbeat, kick on
            1 and 3 and only on beats, no time, no toms. "march beat": snare in 6 sixteenths or more with accents on 2
            beats, kick, time and toms likewise. "blast beat": kick and snare at 5.5 strokes a second each. In 3/4,
            "waltz beat": kick on 1 alone, another limb on 2 and 3 alone.
    """

    pattern: str | None
    pattern_share: float
    fill_bars: tuple[int, ...]
    traits: tuple[str, ...]


def measure_drumming(view: View) -> Drumming:
    """What the drums play."""
    if not len(view.drums):
        return Drumming(None, 0.0, (), ())
    hits = lay_out(view, view.drums, _roles(view))
    fills = _fills(view, hits)
    shares = _shares(view, hits, fills)
    traits = tuple(name for name in _NARROW_FIRST if shares.get(name, 0.0) >= _HOLDS)
    pattern = traits[0] if traits else None
    drummed = len(np.unique(hits.bar))
    if fills and (len(fills) >= 2 or drummed < 16):
        traits += ("drum fills",)
    return Drumming(pattern, shares[pattern] if pattern else 0.0, fills, traits)


def _roles(view: View) -> np.ndarray:
    """What each drum note is, `_KICK` .. `_OTHER`; a soft stroke on the snare is a `_GHOST`."""
    role = _ROLE[view.drums.pitch]
    snare = role == _SNARE
    if snare.any():
        strong = np.quantile(view.drums.velocity[snare], 0.9)
        role = np.where(snare & (view.drums.velocity < _ACCENT * strong), _GHOST, role)
    return role


def _fills(view: View, hits: Lines) -> tuple[int, ...]:
    """Bars in which the drummer leaves the pattern for toms or snare, one or two at a time."""
    bars = view.bars + 1
    toms, snare, time = (
        np.bincount(hits.bar[np.isin(hits.line, roles)], minlength=bars)
        for roles in ((_TOM,), (_SNARE, _GHOST), (_HAT, _OPEN, _RIDE, _PEDAL))
    )
    drummed = np.unique(hits.bar)
    if len(drummed) < _FEW:
        return ()
    usual_toms, usual_snare, usual_time = (np.median(count[drummed]) for count in (toms, snare, time))
    fill = (toms >= usual_toms + 3) | ((snare >= usual_snare + 4) & (time < 0.6 * usual_time))
    fill = fill[: view.bars]
    for start, end in runs(fill).tolist():
        if end - start > 2:  # a stretch in another manner
            fill[start:end] = False
    return tuple(np.flatnonzero(fill).tolist())


def _shares(view: View, hits: Lines, fills: tuple[int, ...]) -> dict[str, float]:
    """For each family that the metre allows, the share of the bars with drums that show it."""
    metre = view.facts.time_signature
    if metre not in _BARS and metre != (3, 4):
        return {}
    length = 48 * metre[0] // metre[1]
    chosen = hits.where((np.append(bar_steps(view), 0)[hits.bar] == length) & ~np.isin(hits.bar, fills))
    together = _BARS.get(metre, 1)
    step = chosen.step * 2 // 3 if metre[1] == 8 else chosen.step
    drummed, row = np.unique(chosen.bar // together, return_inverse=True)
    if len(drummed) < 2:
        return {}
    grid = np.zeros((_OTHER + 1, len(drummed), 36 if metre == (3, 4) else 48), bool)
    grid[chosen.line, row, step + chosen.bar % together * 24] = True
    seconds = together * np.diff(seconds_at(view.score, view.bar_lines))[drummed * together]
    shown = _waltz(grid) if metre == (3, 4) else _pictures(grid, seconds)
    return {name: float(bars.mean()) for name, bars in shown.items() if bars.sum() >= 2}


def _swung(limbs: np.ndarray) -> np.ndarray:
    """On how many beats of each bar limbs, shape (bars, 48), play long-short and nothing between; shape (bars,)."""
    late = limbs[:, _BEATS + 8] | limbs[:, _BEATS + 9]
    between = limbs[:, _BEATS + 3] | limbs[:, _BEATS + 4] | limbs[:, _ANDS]
    return (limbs[:, _BEATS] & late & ~between).sum(1)


def _waltz(grid: np.ndarray) -> dict[str, np.ndarray]:
    kick, above = grid[_KICK], grid[[_SNARE, _GHOST, _STICK, _HAT, _OPEN, _PEDAL, _RIDE]]
    answers = (above[:, :, 12] & above[:, :, 24] & ~above[:, :, 0]).any(0)
    return {"waltz beat": kick[:, 0] & ~kick[:, 12] & ~kick[:, 24] & answers}


def _pictures(grid: np.ndarray, seconds: np.ndarray) -> dict[str, np.ndarray]:
    """Which bars of four quarters show which family.

    Args:
        grid: Whether each role sounds in each bar at each twelfth of a quarter note, bool, shape (roles, bars, 48).
        seconds: Length of the bars, shape (bars,).
    """
    kick, snare, ghost, stick, hat, opened, ride, crash, toms, *_ = grid
    time = hat | opened | ride | crash
    hands = time | ghost | stick
    any_snare = snare | ghost
    on, off = time[:, _BEATS].sum(1), time[:, _ANDS].sum(1)
    swung = np.maximum(_swung(time), _swung(hands))
    two_and_four = (snare | stick)[:, [12, 36]].all(1) & ~snare[:, [0, 24]].any(1)
    on_three = snare[:, 24] & ~snare[:, [0, 12, 36]].any(1)
    kicks, stray_kicks = kick.sum(1), np.delete(kick, _BEATS, axis=1).sum(1)
    floor = kick[:, _BEATS].all(1) & (stray_kicks <= 2)
    strong_kick = kick[:, 0] & kick[:, 24]
    snare_slots, feet = any_snare[:, _SIXTEENTHS].sum(1), strong_kick & (stray_kicks == 0)
    skips = ride[:, 18:22].any(1) * 1 + ride[:, 42:46].any(1)
    eighths_only = (kick[:, 3::6].sum(1) == 0) & (ghost.sum(1) <= 3)
    no_time = (time | toms).sum(1) == 0
    return {
        "backbeat": two_and_four,
        "rock beat": two_and_four & kick[:, 0] & kick[:, 18:31].any(1) & (on + off >= 6) & eighths_only & (swung == 0),
        "four on the floor": floor,
        "disco beat": floor & (opened[:, _ANDS].sum(1) >= 3) & ~snare[:, [0, 24]].any(1),
        "half-time": on_three & kick[:, :10].any(1) & ~kick[:, 24] & (on + off >= 4),
        "double-time": (snare[:, _ANDS].sum(1) >= 3) & strong_kick & ~snare[:, _BEATS].any(1) & (on + off >= 4),
        "shuffle": (swung >= 3) & (two_and_four | on_three),
        "swing ride": (ride[:, _BEATS].sum(1) >= 3) & (skips >= 1) & ~ride[:, [6, 8, 30, 32]].any(1) & ~two_and_four,
        "breakbeat": snare[:, [12, 36]].all(1) & kick[:, 0] & ~kick[:, 24] & kick[:, [30, 33]].any(1)
        & (any_snare[:, [9, 21, 27, 45]].sum(1) >= 2) & (on + off >= 4),
        "bossa nova": kick[:, [0, 18, 42]].all(1) & (kicks <= 6) & ~two_and_four & (snare.sum(1) <= 3)
        & (on + off >= 6),
        "samba": (kick[:, _BEATS].sum(1) >= 3) & (kick[:, _BEATS + 9].sum(1) >= 3) & (kicks <= 9),
        "train beat": feet & (snare_slots >= 12) & (ghost.sum(1) >= 6) & no_time
        & ((snare[:, _ANDS].sum(1) >= 3) | two_and_four),
        "march beat": feet & no_time & (snare_slots >= 6) & (snare[:, _BEATS].sum(1) >= 2),
        "blast beat": (kicks >= _BLAST * seconds) & (snare.sum(1) >= _BLAST * seconds),
    }  # fmt: skip
