"""The frames that sentences are set in: how a catalogue, a programme note, a producer or a student would put it.

A voice gives its frames for the first sentence, its ways to point out what a piece has, and what it calls the piece.
No frame is used twice in one text, and none states anything itself: a reader finds in it nothing but what it frames.
"""

from __future__ import annotations

from typing import NamedTuple


class Voice(NamedTuple):
    """How someone writes.

    Attributes:
        first: Around the noun phrase that says what the piece is.
        points: Around things that it has, of any number.
        subjects: What the piece is called later.
    """

    first: tuple[str, ...]
    points: tuple[str, ...]
    subjects: tuple[str, ...]


PARAGRAPH = Voice(
    (
        "{}", "{}", "{}", "{}", "{}", "{}", "this is {}", "this is {}", "here is {}", "this excerpt is {}",
    ),
    (
        "it features {}", "it makes use of {}", "it contains {}", "its features include {}", "the music includes {}",
        "among its features: {}", "noticeable in it: {}", "characteristic of it: {}", "it uses {}",
        "it is marked by {}",
        "it stands out for {}", "it relies on {}", "it is characterised by {}", "it draws on {}",
        "it is notable for {}",
    ),
    ("it", "it", "it", "the piece", "the music", "this piece", "the composition"),
)  # fmt: skip
PROGRAMME = Voice(
    (
        "we hear {}", "one hears {}", "what follows is {}", "in these bars we hear {}", "the score gives us {}", "{}",
        "the listener meets {}", "before us lies {}", "here comes {}", "our next item is {}", "the page shows {}", "{}",
        "next comes {}", "we turn to {}", "{}", "it is {} that we hear", "there follows {}", "on the stand is {}",
    ),
    (
        "listen for {}", "note {}", "one can hear {}", "the ear catches {}", "what strikes the ear: {}", "expect {}",
        "worth hearing: {}", "along the way the listener meets {}", "it owes its character to {}",
        "its charm lies in {}",
        "it lives by {}", "much of its effect is owed to {}", "one soon notices {}", "it delights in {}",
        "what lingers in the mind: {}", "the attentive listener will find {}", "here one finds {}", "its hallmark: {}",
    ),
    ("it", "it", "the music", "the piece", "the whole", "the work"),
)  # fmt: skip
ORDERS = (
    "write {}", "write me {}", "compose {}", "please compose {}", "generate {}", "create {}", "make {}", "make me {}",
    "I want {}", "I'd like {}", "give me {}", "I need {}", "please write {}", "produce {}", "I am looking for {}",
    "let me hear {}", "play {}", "we need {}", "try {}", "imagine {}", "come up with {}", "I would love {}",
    "looking for {}", "put together {}", "sketch {}", "I'm after {}", "need {}", "hey, make me {}", "hi, I need {}",
    "hello, please write {}", "my request is {}", "build {}", "draft {}", "write down {}", "let's have {}",
    "I was hoping for {}", "it would be great to hear {}", "today I want {}", "we are searching for {}", "turn out {}",
    "what I have in mind is {}", "I could use {}", "next up: {}", "I wish for {}", "send me {}", "invent {}",
    "I'm trying to find {}", "time for {}", "I'd be glad of {}", "I fancy {}", "set down {}", "improvise {}",
    "we want {}", "surprise me with {}", "my idea: {}", "think of {}", "I'm in the mood for {}", "get me {}",
)  # fmt: skip
QUESTIONS = (
    "could you write {}", "can you compose {}", "can you make me {}", "would you write {}", "how about {}",
    "could I have {}", "may I have {}", "got {}", "can I get {}", "would you compose {} for me", "how would {} sound",
    "what would {} sound like", "could you come up with {}", "do you have {}", "can u make {}", "is {} possible",
    "would {} be possible", "could we hear {}", "why not {}", "might I ask for {}", "can we try {}",
)  # fmt: skip
STUDENT = (
    "for my theory class I need {}.", "I'm learning to write music. Could you show me {}?", "what does {} look like?",
    "as an exercise, please write {}.", "my teacher asked for {}.", "for tomorrow's lesson I need {}.",
    "how would one write {}?", "could you write {} that I can study?", "I have to hand in {}. Can you help?",
    "for homework I have to write {}.", "I'd like to study {}.", "can you give me an example of {}?",
    "we are asked to compose {}. What could that be?", "please show me how {} might go.", "I'm practising with {}.",
    "for my exam I should know {}.", "an example, please: {}.", "I want to understand {}. Please write one.",
    "our task this week: {}.", "could you help me with {}?",
)  # fmt: skip
BRIEFS = ("brief: {}", "cue: {}", "{}", "{}", "{}", "wanted: {}", "sketch: {}", "session: {}", "next: {}", "demo: {}")
ENDINGS = (", please", ", please", ", thanks", ", thank you", ", pls", " for a video", " for my game",
           " for a short film", " for a podcast", ", if you can", " for a scene")  # fmt: skip
WISHES = (
    "it should {}", "it must {}", "I want it to {}", "please let it {}", "it needs to {}", "the piece should {}",
    "let it {}", "I'd like it to {}", "ideally it would {}", "it ought to {}", "could it {}?", "I'd prefer it to {}",
    "it has to {}", "may it {}", "have it {}", "best of all, it would {}", "if possible, it should {}", "it might {}",
)  # fmt: skip
GIFTS = (
    "give it {}", "please include {}", "add {}", "there should be {}", "I'd also like {}", "include {}",
    "{} would be nice",
    "{} would be welcome", "I'd love to hear {} in it", "work in {}", "I also want {}", "extra points for {}",
    "it could do with {}", "let me hear {}", "maybe with {}", "ideally with {}", "put in {}", "I'm hoping for {}",
    "bring in {}", "make room for {}",
)  # fmt: skip
ASIDES = (
    ", ideally {}",
    ", preferably {}",
    ", if possible {}",
    ", best {}",
    ", {} if you can",
    " – {}, please",
    ", maybe {}",
)
ABOUT = {  # what a sentence speaks of
    "harmony": ("harmonically, {}", "in its harmony {}", "as for the harmony, {}", "on the harmonic side, {}"),
    "form": ("formally, {}", "as for the layout, {}", "in its layout {}", "seen as a whole, {}"),
    "rhythm": ("rhythmically, {}", "in its rhythms {}", "as for the rhythms, {}"),
    "roles": ("among the parts, {}", "as for the parts, {}", "in the scoring, {}"),
    "expression": ("as for expression, {}", "expressively, {}"),
    "parts": ("in its texture {}", "as for the writing, {}"),
    "difficulty": ("for the player, {}", "at the keyboard, {}"),
    "tempo": ("as for pace, {}",), "bars": ("all in all, {}", "in length {}"), "motifs": ("as for the ideas, {}",),
    "drumming": ("in the rhythm section, {}", "on the drum side, {}"),
}  # fmt: skip
