"""Chord symbols and numerals: what users write, and the exact round trips that JSON relies on."""

import pytest

from midi_text.facts.chord import QUALITIES, Chord, chord_names, is_diatonic, roman_numeral, roman_numerals
from midi_text.key_midi_text import KEYS, Key

C_MAJOR, A_MINOR = Key.parse("C major"), Key.parse("A minor")


def chords(symbols: str) -> tuple[Chord, ...]:
    return tuple(Chord.parse(symbol) for symbol in symbols.split())


def test_every_name_reads_back_as_its_chord():
    every = [Chord(root, quality, bass) for root in range(12) for quality in QUALITIES for bass in range(12)]
    assert [Chord.parse(chord.name) for chord in every] == every
    assert len({chord.name for chord in every}) == len(every)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_spelling_and_every_numeral_reads_back(key):
    for chord in (Chord(root, quality, root) for root in range(12) for quality in QUALITIES):
        assert Chord.from_roman(roman_numeral(chord, key), key) == chord
        for bass in range(12):
            inverted = Chord(chord.root, chord.quality, bass)
            assert Chord.parse(inverted.spelled(key)) == inverted


@pytest.mark.parametrize(
    ("quality", "symbols"),
    [
        ("maj", "A AM Amaj AMaj Amajor A:maj Aadd9 A(add9)"),
        ("min", "Am A- Amin Ami Aminor A:min Amadd9"),
        ("dim", "Adim A° Aº A:dim Am(b5)"),
        ("aug", "A+ Aaug A(#5) A:aug"),
        ("sus2", "Asus2 A9sus2"),
        ("sus4", "Asus Asus4 A7sus4 A9sus4 A7sus A:sus4(b7)"),
        ("5", "A5 A(no3)"),
        ("6", "A6 A6/9 A69 Amaj6"),
        ("min6", "Am6 A-6 Amin6"),
        ("7", "A7 A9 A11 A13 A7b9 A7#9 A7#5 A7alt Adom7"),
        ("maj7", "Amaj7 AM7 AMaj7 Ama7 A△7 AΔ7 A∆ A△ Amaj9 A7M Amaj7#11 A^7"),
        ("min7", "Am7 A-7 Amin7 Ami7 Am9 Am11"),
        ("minmaj7", "Am(maj7) AmMaj7 AmM7 A-Δ7 Am/maj7 Aminmaj7"),
        ("dim7", "Adim7 A°7 Ao7"),
        ("hdim7", "Aø Aø7 Am7b5 Am7(b5) A-7b5 Am7♭5 A:hdim7"),
    ],
)
def test_usual_spellings(quality, symbols):
    for symbol in symbols.split():
        assert Chord.parse(symbol) == Chord(9, quality, 9), symbol


@pytest.mark.parametrize(
    ("symbol", "root", "bass"),
    [("C/E", 0, 4), ("D/F#", 2, 6), ("Bb/D", 10, 2), ("B♭m7/E♭", 10, 3), ("G:7/3", 7, 11), ("A:min/b3", 9, 0),
     ("F##dim", 7, 7), ("Cb", 11, 11), ("C 6/9", 0, 0), ("Abmaj7/C", 8, 0)],
)  # fmt: skip
def test_roots_and_basses(symbol, root, bass):
    chord = Chord.parse(symbol)
    assert (chord.root, chord.bass) == (root, bass)


@pytest.mark.parametrize(
    "text", ["", "H", "am", "Dog", "Am7/", "Dadgad", "Cmm", "C4", "I", "Face", "Add", "Go", "Do", "N", "B-side"]
)
def test_words_are_no_chords(text):
    with pytest.raises(ValueError, match="a chord must read like"):
        Chord.parse(text)


def test_a_name_spells_chord_notes_by_the_chord():
    names = [Chord.parse(symbol).name for symbol in "E/Ab C#m/E A#m Db D#m7 B/Eb Cdim7/A".split()]
    assert names == ["E/G#", "C#m/E", "Bbm", "Db", "Ebm7", "B/D#", "Cdim7/Bbb"]


@pytest.mark.parametrize(
    ("key", "symbols", "spelled"),
    [
        ("Eb minor", "D#m B A#7", "Ebm Cb Bb7"),
        ("E major", "Abm7 Ebdim7 Db", "G#m7 D#dim7 C#"),
        ("A minor", "Abdim7 E7/Ab Bb/D", "G#dim7 E7/G# Bb/D"),
        ("C major", "Dbdim7 Ebdim7 Db Eb Gbm7b5 Ab", "C#dim7 D#dim7 Db Eb F#m7b5 Ab"),
        ("F minor", "C#/F Edim", "Db/F Edim"),
        ("Db major", "D E Gb", "D Fb Gb"),
    ],
)
def test_a_key_spells_its_chords(key, symbols, spelled):
    assert " ".join(chord.spelled(Key.parse(key)) for chord in chords(symbols)) == spelled


def test_a_strange_spelling_is_shown_to_nobody():
    assert chord_names(chords("Ebm Ab"), Key.parse("Eb minor")) == ["Ebm", "Ab"]
    assert chord_names(chords("Ebm B"), Key.parse("Eb minor")) == ["Ebm", "B"], "not Cb"
    assert chord_names(chords("Ebm B"), None) == ["Ebm", "B"]


@pytest.mark.parametrize(
    ("key", "symbols", "numerals"),
    [
        ("C major", "C Am F G7 Bdim", "I vi IV V7 vii°"),
        ("Bb major", "Bb Ebmaj7 Cm7 F7 Ab", "I IVmaj7 ii7 V7 bVII"),
        ("A minor", "Am G F E7 G#dim7 Bm7b5 C Em", "i VII VI V7 vii°7 iiø7 III v"),
        ("C major", "C6 C5 Caug Csus4 Fm Ab", "Iadd6 I5 I+ Isus4 iv bVI"),
        # dominants of degrees that follow them, and the same chords where they lead elsewhere
        ("C major", "D7 G A7 Dm E Am F#dim7 G", "V7/V V V7/ii ii V/vi vi vii°7/V V"),
        ("C major", "D7 F", "II7 IV"),
        ("C major", "C7 F", "V7/IV IV"),
        ("A minor", "A7 Dm E7 Am", "V7/iv iv V7 i"),
    ],
)
def test_numerals(key, symbols, numerals):
    assert roman_numerals(chords(symbols), Key.parse(key)) == tuple(numerals.split())


@pytest.mark.parametrize(
    ("numeral", "key", "symbol"),
    [
        ("vi", C_MAJOR, "Am"), ("bVII", C_MAJOR, "Bb"), ("I6", C_MAJOR, "C/E"), ("I64", C_MAJOR, "C/G"),
        ("V65", C_MAJOR, "G7/B"), ("V43/V", C_MAJOR, "D7/A"), ("ii42", C_MAJOR, "Dm7/C"), ("I43", C_MAJOR, "C7/G"),
        ("vii°7/vi", C_MAJOR, "G#dim7"), ("IImin7", C_MAJOR, "Dm7"), ("Vsus4", C_MAJOR, "Gsus4"),
        ("♭III", C_MAJOR, "Eb"), ("viiø7", C_MAJOR, "Bm7b5"),
        ("VI", A_MINOR, "F"), ("bVI", A_MINOR, "F"), ("vii°", A_MINOR, "G#dim"), ("#vi°", A_MINOR, "F#dim"),
        ("V", A_MINOR, "E"), ("v7", A_MINOR, "Em7"), ("V7/iv", A_MINOR, "A7"), ("bII6", A_MINOR, "Bb/D"),
    ],
)  # fmt: skip
def test_numerals_in_a_key(numeral, key, symbol):
    assert Chord.from_roman(numeral, key) == Chord.parse(symbol)


@pytest.mark.parametrize("text", ["", "VIII", "iV", "Vx", "V/", "I5/G", "IV64/", "Vsus43"])
def test_what_is_no_numeral(text):
    with pytest.raises(ValueError, match="a numeral must read like"):
        Chord.from_roman(text, C_MAJOR)


def test_minor_keys_hold_their_leading_note():
    assert [is_diatonic(chord, A_MINOR) for chord in chords("E7 G#dim7 G Em D A")] == [True] * 4 + [False] * 2


def test_a_chord_moves_with_its_bass():
    assert Chord.parse("G7/B").transposed(5) == Chord.parse("C7/E")
    assert Chord.parse("G7/B").in_root_position == Chord.parse("G7")
