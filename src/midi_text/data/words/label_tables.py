"""What the sources' labels are called in English: forms, genres, moods and markings as they were written.

The corpus is catalogued in English, Polish, Latin, German, French and Italian; the tables cover what is frequent there
(every form, genre and style label; title and tempo words that come three times or more). What they do not hold is
left out, not guessed.
"""

from __future__ import annotations


def _table(text: str) -> dict[str, str]:
    """Rows such as "mazur mazurek = mazurka" as {"mazur": "mazurka", ...}."""
    rows = (line.partition("=") for line in text.strip().splitlines())
    return {word: english.strip() for words, _, english in rows for word in words.split()}


# A word of a form, dance, movement or title label -> the noun of a phrase. Latin, Polish, German, French, Italian.
FORM_WORDS: dict[str, str] = _table("""
mass missa msza messe = mass
kyrie kirie = Kyrie
gloria = Gloria
credo = Credo
sanctus = Sanctus
benedictus = Benedictus
agnus = Agnus Dei
requiem = requiem
vespers vesperae vespere nieszpory = vespers
completorium = compline setting
litania litaniae = litany
offertorium = offertory
magnificat = Magnificat
stabat = Stabat Mater
oratorio = oratorio
passion passions passio = passion
motet motetto motteto mottetto = motet
hymn hymns hymnus hymntune = hymn
psalm psalmus = psalm
chorale choral = chorale
kolęda kolędy = Christmas carol
cantata kantata kantate = cantata
madrigal madrigali = madrigal
canzonetta canzonet = canzonetta
opera = opera number
aria arietta = aria
duetto = duet
chór = chorus
overture uwertura ouverture = overture
intermezzo = intermezzo
song lied pieśń piosnka chanson mélodie melodie canzona = song
lullaby kołysanka wiegenlied = lullaby
berceuse = berceuse
romance romanze romanza romans = romance
ballade ballada = ballade
serenade serenada serenata ständchen = serenade
sonata sonate sonates sonaten = sonata
sonatina sonatine = sonatina
symphony sinfonia symfonia symphonia = symphony
concerto koncert konzert = concerto
suite suita = suite
partita = partita
cassation cassatio = cassation
divertimento = divertimento
fantasy fantasia fantazja fantasie fantaisie = fantasy
toccata = toccata
ricercar = ricercar
fugue fuga fuge = fugue
canon canons = canon
invention inventio = invention
prelude préludium praeludium preludium prélude preludio präludium = prelude
etude etiuda étude etudes study studies studio exercise = etude
variations variationen wariacje variazioni = set of variations
rondo rondeau = rondo
scherzo = scherzo
impromptu = impromptu
improvization improvisation = improvisation
nocturne nokturn notturno = nocturne
barcarolle barkarola = barcarolle
capriccio caprice kaprys = caprice
arabesque = arabesque
humoresque humoreska = humoresque
elegy elegia elegie élégie = elegy
pastorale = pastorale
march marsz marsch marcia marche = march
minuet menuet menuetto minuetto menuett = minuet
waltz walc walzer valse = waltz
mazurka mazur mazurek = mazurka
polonaise polonez polonoise polacca polacque = polonaise
krakowiak = krakowiak
kujawiak = kujawiak
oberek = oberek
polka = polka
galop galopp = galop
kozak = kozak
dumka = dumka
contradance kontredans contredanse = contradance
anglaise = anglaise
cotillion = cotillion
gavotte gavotta gawot = gavotte
gigue giga = gigue
sarabande sarabanda = sarabande
allemande allemanda = allemande
courante corrente = courante
bourrée = bourrée
tarantella = tarantella
tango = tango
reel = reel
jig = jig
hornpipe = hornpipe
sonnet = sonnet
sicilienne siciliana siciliano = siciliano
finale = finale
rag = rag
""")
# Whole labels that are more than one word.
WHOLE_FORMS = {
    "string quartet": "string quartet", "slip jig": "slip jig", "morris dance": "morris dance",
    "English country dance": "English country dance", "Christmas carol": "Christmas carol",
    "Christmas song": "Christmas song", "song, children": "children's song", "children": "children's piece",
    "motet, christmas": "Christmas motet", "christmas": "Christmas piece", "easter": "Easter piece",
    "mass section": "mass setting", "string quartet, minuet": "minuet", "string quartet, fugue": "fugue",
}  # fmt: skip
GENRES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # label -> adjectives, nouns
    "Christmas song": ((), ("Christmas song",)), "secular": (("secular",), ()),
    "sacred": (("sacred",), ("sacred work",)),
    "art song (Lied)": ((), ("art song", "Lied", "art song")),
    "folk": (("folk",), ("folk dance", "folk piece", "folk song")),
    "pop": (("pop",), ("pop song",)), "chamber music": (("chamber",), ("chamber piece", "chamber work")),
    "classical": (("classical",), ()), "video game music": (("video game", "game-music"), ("video game track",)),
    "orchestral": (("orchestral",), ("orchestral piece",)), "neworleans": (("New Orleans",), ()),
    "afrocuban": (("Afro-Cuban",), ()), "hiphop": (("hip-hop",), ()), "middleeastern": (("Middle Eastern",), ()),
}  # fmt: skip
STYLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "British and Irish traditional dance music": (
        ("traditional", "British and Irish", "traditional British and Irish"),
        ("traditional dance", "traditional piece", "British and Irish dance"),
    ),
    "Mandarin/Cantonese pop, piano arrangement": (
        ("Chinese pop", "Mandarin or Cantonese pop"), ("piano arrangement of a pop song", "Chinese pop song")),
    "first-person shooter soundtrack": (("shooter-game",), ("first-person shooter soundtrack", "game soundtrack")),
    "transport simulation soundtrack": ((), ("transport simulation soundtrack", "game soundtrack")),
    "Technique": ((), ("technical study", "technique study")), "Hymn": ((), ("hymn",)),
    "March": ((), ("march",)), "Song": ((), ("song",)), "Motet": ((), ("motet",)),
    "Popular / Dance": (("popular",), ()), "Romanticism": (("Romantic",), ()),
    "Avant-garde": (("avant-garde",), ()), "purdieshuffle": (("Purdie shuffle",), ()),
    "secondline": (("second-line",), ()), "brazilian sambareggae": (("Brazilian samba-reggae",), ()),
    "prog": (("progressive",), ()), "halftime": (("half-time",), ()), "chacha": (("cha-cha",), ()),
    "mediumfast": (("medium-fast",), ()), "strophic with chorus": ((), ()), "Symphonic": (("symphonic",), ()),
    "ando": ((), ()), "linear": (("linear",), ()),
}  # fmt: skip
# A word of a tempo marking that speaks of character -> English words for it.
MOODS: dict[str, str] = _table("""
maestoso maëstoso pomposo erhaben = majestic, stately
solennita feierlich religioso = solemn
grazioso grazia gratioso zierlich gracieux = graceful
cantabile cantando = singing, lyrical
espressivo espressione ausdrucksvoll ausdruck expressif espress = expressive
dolce doux amabile lieblich = sweet
innig herzlich = heartfelt
zart teneramente tenerezza zärtlich amoroso = tender
sanft sanfter = gentle
affettuoso affetuoso = affectionate
agitato unruhig ruhelos = agitated, restless
appassionato appasionato leidenschaftlich leidenschaft = passionate
fuoco feurig = fiery
furioso impetuoso heftig = furious
feroce = fierce
energico kräftig = energetic
risoluto risolut deciso entschlossen bestimmt = resolute
brio spirito spiritoso spirituoso = spirited
anima animato animé = animated
scherzando scherzoso giocoso giojoso capriccioso = playful
munter frisch fröhlich freudig gai wesoło = cheerful
keck = bold
mesto traurig triste tristezza = sad, mournful
doloroso dolente lamentoso klagend = sorrowful, plaintive
wehmüthig wehmütig melancolico malinconico malinconia schwermütig = melancholy
tranquillo tranquille tranquillamente ruhig ruhiger calme calmato placido = calm, tranquil
pastorale = pastoral
marziale marciale = martial
misterioso heimlich = mysterious
träumerisch träumend = dreamy
semplice simplice einfach = simple
leggiero leicht léger = light
brillante = brilliant
patetico = pathetic
eroico = heroic
gemächlich commodo comodo = leisurely
""")
# Abbreviations and old spellings in tempo markings, written out.
SPELT_OUT: dict[str, str] = _table("""
allo allo. all allº allegr = Allegro
allto = Allegretto
alegretto = Allegretto
and andan andte andᵗᵉ = Andante
andno = Andantino
ada adag adago = Adagio
mod moder modto moderatto = Moderato
preſto = Presto
aſsai aſai = assai
espreſsivo = espressivo
maëstoso = Maestoso
""")
# Words that may stand in a tempo marking; a marking with any other is not repeated.
MARKING_WORDS: frozenset[str] = frozenset(
    """allegro andante moderato allegretto adagio andantino lento vivace presto largo larghetto grave prestissimo vivo
    con moto molto non troppo poco ma di tempo marcia mazurka mazur polacca valse bolero e ed quasi sostenuto assai
    un mosso più piu senza lentezza rigore tanto giusto sempre ben tosto gran alla rubato
    langsam nicht sehr geschwind mässig mäßig bewegt ziemlich zu lebhaft etwas schnell mit und doch rasch bewegung in
    getragen fliessend wiegend schleppend breit immer leise
    lent modéré assez vif très animé sans lenteur vite pas trop lentement bien mouvement de marche et
    wolno żywo umiarkowanie""".split()
) | frozenset(MOODS)
NATIONS = frozenset(
    "Polish Italian German Czech Austrian French Flemish Dutch Russian Belgian Spanish Danish English Irish British "
    "American Scottish Brazilian Swedish Norwegian Hungarian Welsh Finnish Swiss Portuguese".split()
)
