"""Documents of the catalogue's shape in made-up, Danish-sounding words: as many as asked for, the same every time."""

from collections.abc import Iterator
from itertools import accumulate
from random import Random

from search.port import Document, Layout

LAYOUT = Layout(
    texts=("titles", "subject_names", "publisher_names", "descriptions", "search_terms"),
    keywords=(
        "subjects",
        "grades",
        "placed_now",
        "placed_next",
        "languages",
        "publisher",
        "service",
        "logins",
        "platforms",
        "price",
        "form",
        "kind",
        "identifiers",
    ),
    numbers=("turns_on", "turns_again", "standing", "rank", "changed"),
    ties=("standing", "rank"),
)
SUBJECTS = (
    *("matematik", "dansk", "engelsk", "tysk", "fransk", "historie", "biologi", "geografi", "fysik", "kemi", "musik"),
    *("billedkunst", "idræt", "samfundsfag", "kristendom", "håndværk", "madkundskab", "natur", "teknologi", "svenska"),
)
GRADES = ("fs", *map(str, range(11)), "gy1", "gy2", "gy3", "vux")
OUTCOMES = ("approved", "conditional", "pilot", "rejected", "not_reviewed")
PLATFORMS = ("web", "windows", "macos", "chromeos", "ipados", "ios", "android", "linux", "smartboard")
LOGINS = ("unilogin", "skolfederation", "google", "microsoft", "none")
PRICES = ("free", "licence", "freemium", "one_off")
FORMS = ("app", "web_resource", "teaching_material", "extension", "course")
LANGUAGES = ("da", "sv", "en", "de", "fr")
_ONSETS = (*"bdfghjklmnprstv", "br", "dr", "fl", "gr", "kl", "kr", "pl", "pr", "sk", "sl", "sp", "st", "str", "tr")
_NUCLEI = (*"aeiouyæøåeai", "ej")
_CODAS = ("", "", *"lnrstgk", "nd", "ld", "ning", "er", "e", "else")


class Words:
    """A vocabulary in which few words are common and many are rare, as in any text."""

    def __init__(self, random: Random, size: int) -> None:
        self._random = random
        made = {self._make(): None for _ in range(size * 2)}
        self._words = [*SUBJECTS, *made][:size]
        self._weights = list(accumulate(1 / (place + 8) for place in range(len(self._words))))

    def _make(self) -> str:
        choose = self._random.choice
        return "".join(choose(_ONSETS) + choose(_NUCLEI) + choose(_CODAS) for _ in range(choose((1, 2, 2, 3))))

    def some(self, least: int, most: int) -> str:
        count = self._random.randint(least, most)
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=count))


def placed(random: Random, subjects: list[str], grades: list[str]) -> list[str]:
    """Tokens ``outcome|subject|grade``, every side also as ``*``."""
    outcome = random.choice(OUTCOMES)
    sides = [(one, two) for one in (outcome, "*") for two in (*subjects, "*")]
    return [f"{one}|{two}|{three}" for one, two in sides for three in (*grades, "*")]


def documents(count: int, seed: int = 1) -> Iterator[Document]:
    """Generate ``count`` documents; the words grow with the catalogue, as names and compounds do."""
    random = Random(seed)  # noqa: S311  # the same catalogue every time, no secret
    words = Words(random, 8_000 + int(count**0.5) * 90)
    ranks = random.sample(range(count * 1000), count)
    for number in range(count):
        yield _document(random, words, number, ranks[number])


def _document(random: Random, words: Words, number: int, rank: int) -> Document:
    subjects = random.sample(SUBJECTS, random.choice((1, 1, 2, 3)))
    first = random.randrange(len(GRADES) - 5)
    grades = list(GRADES[first : first + random.randint(2, 5)])
    tokens = placed(random, subjects, grades)
    publisher = int(random.paretovariate(0.7)) % 300
    return {
        "id": f"{number:032x}",
        "titles": [words.some(2, 4).capitalize()],
        "subject_names": [name for subject in subjects for name in (subject, f"{subject} sv", f"{subject} en")],
        "publisher_names": [f"Forlaget {publisher}"],
        "descriptions": [words.some(25, 50), words.some(10, 25)],
        "search_terms": words.some(25, 40).split(),
        "subjects": subjects,
        "grades": grades,
        "placed_now": tokens,
        "placed_next": tokens,
        "languages": random.sample(LANGUAGES, random.randint(1, 2)),
        "publisher": [f"p{publisher}"],
        "service": [f"s{number % 2000}"],
        "logins": random.sample(LOGINS, random.randint(1, 2)),
        "platforms": random.sample(PLATFORMS, random.randint(1, 5)),
        "price": [random.choice(PRICES)],
        "form": [random.choice(FORMS)],
        "kind": ["didactic"],
        "identifiers": [f"isbn:{number:013d}"],
        "turns_on": 99991231,
        "turns_again": 99991231,
        "standing": OUTCOMES.index(tokens[0].split("|")[0]),
        "rank": rank,
        "changed": 20240101 + random.randrange(28) + 100 * random.randrange(12),
        "card": {"slug": f"resource-{number}", "outcome": tokens[0]},
    }
