"""What every figure of a report is called, and what it measures, in words that a musician understands.

The page, ``docs/results.md`` and the cards all take their words from here; the exact definitions stand in
``docs/scoring.md`` under the heading that a theme names, and in the essays of the evaluation's modules.
"""

from __future__ import annotations

from dataclasses import dataclass

SHARE = "%"


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        title: What it is called.
        about: One sentence on what it measures.
        unit: `SHARE` for what lies in 0..1 and is shown in per cent; else what is counted, "" for a bare number.
        better: "more", "less" or "human": nearest to what human music has.
    """

    title: str
    about: str
    unit: str = SHARE
    better: str = "more"

    @property
    def sentence(self) -> str:
        """What it measures, and where it should be, if that is not as high as it can be."""
        wish = {"less": " Less is better.", "human": " Best where human music has it."}
        return self.about + wish.get(self.better, "")


SYSTEMS = {
    "human": "human pieces",
    "shuffled": "human pieces, shuffled",
    "template": "rules and templates",
    "": "",  # any other system: the ancestors
    "own_share": "the model, locks off",
    "adherence": "the model, locks on",
    "answers": "the answers",
}
"""Parts of an evaluation in which a system answers prompts, in the order of columns."""

SYSTEM_NOTES = {
    "human": "pieces by people, held to the prompts that were written about them: what a perfect answer reaches",
    "shuffled": "the same pieces, each held to the prompt of another: what is reached without reading the prompt",
    "template": "a composer without a model: it reads the facts of the prompt and fills in scales and chords by rule",
    "own_share": "what the model learned: nothing forces it to do what it was asked; guidance makes that count more",
    "adherence": "the model as people use it: the facts that a prompt states are held while it writes",
}

ADHERENCE = {
    "all_asked": Metric("everything that was asked", "Nothing that the prompt asks and a program can hear is missed."),
    "decodes": Metric("gives music", "There is a MIDI file that can be read, with notes in it."),
    "ends": Metric("comes to an end", "The system ended the piece by itself and was not cut off."),
    "empty_bars": Metric("silent bars", "The share of bars in which nothing sounds.", better="less"),
    "tempo": Metric(
        "tempo to the beat", "The tempo is the asked number, give or take half a beat a minute, and stays."
    ),
    "tempo_word": Metric("tempo by its word", "The first tempo lies where the asked words put it, such as “slow”."),
    "tempo_bin": Metric("tempo range (TB)", "The first tempo lies in the same of nine ranges as the asked one."),
    "tempo_bin_near": Metric("tempo range or the next (TBT)", "It lies in the same range or in a neighbouring one."),
    "first_metre": Metric("first metre (CTS)", "The first time signature is the asked one."),
    "metre": Metric("metre throughout", "Every bar has the asked time signature."),
    "key": Metric("key (CK)", "The key that is heard has the asked tonic and mode."),
    "key_or_relative": Metric("key or its relative (CKD)", "Or it is the relative: A minor where C major was asked."),
    "key_or_published_relative": Metric(
        "key or its relative, as published", "The same with the inverted sign of the published script, to compare with."
    ),
    "mode": Metric("major or minor", "The mode that is heard is the asked one."),
    "instruments": Metric("all asked instruments", "Every asked instrument, or one of an asked family, sounds."),
    "no_other_instrument": Metric(
        "no other instrument", "Where the prompt lists them all, no other instrument sounds."
    ),
    "excluded_instruments": Metric("unwanted instruments", "What the prompt does not want is silent."),
    "instrument_recall": Metric("share of asked instruments", "How many of the asked instruments sound."),
    "instrument_precision": Metric("share of sounding that was asked", "How many of those that sound were asked for."),
    "instrument_f1": Metric("instruments, F1", "The balance of the last two, by General MIDI program."),
    "group_precision": Metric("groups, precision", "As above by General MIDI's 16 groups and drums."),
    "group_recall": Metric("groups, recall", "Likewise: how many of the asked groups sound."),
    "group_f1": Metric("groups, F1", "The balance of the two."),
    "chord_recall": Metric("asked chords heard", "How many of the different asked chords are heard, in any order."),
    "chord_order": Metric("chords in order", "The asked chords follow one another as asked."),
    "form": Metric("form", "The sections that are heard have the asked plan, such as AABA."),
    "bars": Metric("number of bars", "The piece has as many bars as were asked."),
    "duration": Metric("duration", "It lasts as long as was asked, give or take 5 % and a second."),
    "asa": Metric("attributes (ASA)", "MuseCoco's average over the attributes that a prompt names."),
    "absent_instruments": Metric("absent instruments", "Instruments that the prompt says are absent do not sound."),
    "answers_found": Metric("answers found", "For how many prompts there was a file at all."),
}

MUSICALITY = {
    "valid": Metric("valid", "It can be read, ends, has 16 notes or more, no clusters of 65, and does not hang."),
    "loops": Metric("hangs in a loop", "The same few notes come again and again until the end.", better="less"),
    "band_score": Metric(
        "as people write", "How many of six plain traits lie where the middle 90 % of human music lies.", better="human"
    ),
    "band_pitch_class_entropy": Metric(
        "… variety of pitches", "Of the six: how many pitch classes it uses how evenly."
    ),
    "band_scale_consistency": Metric("… keeping to a scale", "Of the six: how many notes belong to one scale."),
    "band_polyphony": Metric("… notes at a time", "Of the six: how many notes sound together."),
    "band_groove": Metric("… rhythm from bar to bar", "Of the six: how alike the rhythms of neighbouring bars are."),
    "band_empty_beat_rate": Metric("… rests", "Of the six: on how many beats nothing begins."),
    "band_notes_per_beat": Metric("… density", "Of the six: how many notes begin a beat."),
    "rc4": Metric("returning passages (RC4)", "The share of bars in passages of four bars or more that come back."),
    "cr_100": Metric("repetition, 100 notes", "How well repeats of patterns explain the notes.", "", "human"),
    "cr_200": Metric("repetition, 200 notes", "The same over 200 notes.", "", "human"),
    "cr_400": Metric("repetition, 400 notes (CR@400)", "The same over 400 notes; longer music has more.", "", "human"),
    "tempo_consistency": Metric(
        "steady time", "How exactly notes begin on sixteenths; people who play do not.", "", "human"
    ),
    "snr": Metric("well-placed notes", "Notes in key, chord and grid against stray ones.", "dB", "human"),
    "frechet": Metric(
        "distance from human music", "How far the whole set lies from human pieces in 47 features.", "", "less"
    ),
    "frechet_plain": Metric("… of sets of this size", "The same without the correction for few pieces.", "", "less"),
    "frechet_human": Metric("… human to human", "What as many human pieces have from one another.", "", "less"),
    "longest_run": Metric(
        "longest run shared", "Notes in a row, in any key, shared with a training piece.", "notes", "human"
    ),
    "longest_run_median": Metric("… of the middle piece", "The same of the piece in the middle.", "notes", "human"),
    "copied": Metric("copies", "Pieces that share more than 32 notes in a row with a training piece.", better="less"),
}

BITS = Metric("bits a note", "How surprising a note of held-out music is to the system.", "", "less")
TO_BIGRAM = Metric(
    "share of a bigram's bits", "The model's bits a note over those of the plainest statistics.", better="less"
)

AGREE = Metric("the analyzers agree", "How often the two judges hear the same of a file.")
CONTRADICTED = Metric("contradicted", "Of all that captions state, the share that the file contradicts.", better="less")
CAPTION_FACTS = {
    "precision": Metric("right", "How much of what is said and can be judged is true of the file."),
    "contradicted": CONTRADICTED,
    "recall": Metric("said", "How much of what the reference says truly is said too."),
    "f1": Metric("right and said, F1", "The balance of the two."),
    "coverage": Metric("covered", "Of tempo, metre, key, length and every instrument: what something true is said of."),
    "claims": Metric("facts a caption", "How many facts a caption states.", ""),
    "judged": Metric("judged", "The share of these that the analyzer has an opinion of."),
}
NGRAMS = {
    "bleu_4": Metric("BLEU-4", "Runs of up to four words that the reference has too; blind to facts."),
    "rouge_l": Metric("ROUGE-L", "The longest run of words in common, gaps allowed; blind to facts."),
    "meteor": Metric("METEOR", "Words in common, by stem and meaning too; blind to facts."),
    "cider": Metric("CIDEr", "Words in common, rare ones count more; from 0 to 10.", ""),
}
STYLES = {
    "precision": Metric("right", "How many words of genre, period, mood, kind and composer people's labels bear out."),
    "wrong": Metric("wrong", "How many they contradict.", better="less"),
    "judged": Metric("judged", "The share of these words on which the labels speak."),
    "stated": Metric("words of style a caption", "How many there are.", ""),
    "captions_with_style": Metric("captions with style", "How many captions have any."),
}
RETRIEVAL = {
    "r@1": Metric("found first (R@1)", "The right one stands first among all."),
    "r@10": Metric("among the first ten (R@10)", "The right one is among the first ten."),
    "mrr": Metric("mean 1 / rank (MRR)", "One over the place of the right one, on average.", ""),
}
ROUND_TRIP = {
    "held": Metric("held", "Facts that the music at the end, or on the way, holds."),
    "told": Metric("told", "Facts that the caption tells truly."),
    "held_of_told": Metric(
        "held of those told", "Of the facts that the caption tells, those that the new music holds."
    ),
    "asked": Metric("facts a prompt", "How many there are to lose.", ""),
    "facts": Metric("facts a piece", "How many there are to lose.", ""),
}
CHANGES = {
    "both_sides": Metric(
        "hidden bars, both sides known", "Bits a note of bars whose neighbours on both sides are known.", "", "less"
    ),
    "left_side": Metric("hidden bars, left side known", "The same when only what comes before is known.", "", "less"),
    "model": Metric(
        "dynamics, the model", "How far its velocities are from the played ones, in steps of sixteen.", "steps", "less"
    ),
    "rule": Metric("dynamics, a rule", "The same of a rule of thumb.", "steps", "less"),
    "constant": Metric("dynamics, all alike", "The same of one velocity for all notes.", "steps", "less"),
}
FORM = {
    "form": Metric("form as asked", "The sections that are heard are the asked ones, letter for letter."),
    "pairs": Metric("pairs of sections", "Sections are alike where their letters are, and unlike where they are not."),
    "rc4": MUSICALITY["rc4"],
}
SPEED = {
    "notes_per_second": Metric("notes a second", "How fast it wrote, on the machine of the evaluation.", ""),
}

NAMES = {
    "all": "all",
    "basic": "basic facts",
    "model_untold": "told nothing",
    "lzma": "LZMA, each",
    "lzma_together": "LZMA, together",
    "own_words": "the model's own words",
    "checked": "after the check",
    "text_to_midi": "words find music",
    "midi_to_text": "music finds words",
    "text": "words → music → words",
    "midi": "music → words → music",
    "template": "rules that know the facts",
    "contrastive": "the model's space",
    "facts_and_contrastive": "facts and the model's space",
    "chance": "guessing",
    "copied": "sections copied",
    "written": "sections written anew",
}
"""Names of sources, captions and kinds of facts, where the name in the report is no word by itself."""


def name_of(part: str) -> str:
    """A name as people say it."""
    return NAMES.get(part, part.replace("_", " "))
