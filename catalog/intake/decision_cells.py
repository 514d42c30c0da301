"""What the cells of a published decision list say: which resources a name means, and its conditions one by one."""

import re

from catalog.vocabularies.texts import clean_line, clean_text

_SEVERAL = r"(?:flere|flera|diverse|alle|alla)"
_GROUP_MARK = re.compile(rf"\(\s*{_SEVERAL}\b[^()]*\)", re.IGNORECASE)
_AMONG = (
    r"(?:bl\.?\s?a\.?|blandt andet|blandt andre|bland annat|bland andra|f\.?\s?eks\.?|fx|t\.?\s?ex\.?|till exempel|"
    r"herunder|såsom)"
)
_LIST = re.compile(rf"^(?P<group>.+?)\s*(?:[–—-]|:|\()\s*{_AMONG}(?:\s*:)?\s+(?P<items>.+?)\)?$", re.IGNORECASE)
_GROUP_LIST = re.compile(rf"^(?P<group>.+?\(\s*{_SEVERAL}\b[^()]*\))\s*(?:[–—-]|:)\s*(?P<items>.+)$", re.IGNORECASE)
_STRONG = re.compile(r"\s*[;\n•]\s*")
_COMMA = re.compile(r",\s+(?=[^\W\d_a-zæøåäö])|\s+(?:og|och|samt)\s+(?=[^\W\d_a-zæøåäö])")
"""Commas and "og" before a capital letter; "1 og 2" and "Leg, lær og regn" stay together."""
_EDGES = " \t,;–—-•·*"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-zæøåäö])|\s*[\n;•]\s*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:bl\.\s?a|f\.\s?eks|t\.\s?ex|evt|ev|inkl|ca|pr|kl|nr|jf|mv|m\.v|m\.m|osv|dvs|mht|vedr|st)|\d)\.$",
    re.IGNORECASE,
)


def names_in(cell: str) -> list[str]:
    """The resources a cell names, each once.

    "Portal (several apps) – among others A; B" names A and B, not the portal: approving a few apps of a house does not
    approve the house (``group_in`` gives it). Without such a list the cell's parts between semicolons are the names.
    """
    text = clean_text(cell)
    items = _listed(text)
    parts = _split_list(items) if items else _STRONG.split(text)
    names = (_name(part) for part in parts)
    return list(dict.fromkeys(filter(None, names)))


def group_in(cell: str) -> str:
    """The portal or house whose resources the cell lists; empty when it lists none."""
    text = clean_line(cell)
    found = _LIST.match(text) or _GROUP_LIST.match(text)
    return _name(found["group"]) if found else ""


def sentences_in(cell: str) -> list[str]:
    """Conditions one by one: at line ends, semicolons and ends of sentences; "4. klasse" and "f.eks." end none."""
    sentences: list[str] = []
    done = 0
    text = clean_text(cell)
    for found in _SENTENCE_END.finditer(text):
        part = text[done : found.start()]
        if not found[0].strip() and "\n" not in found[0] and _ABBREVIATION.search(part):
            continue
        sentences.append(part)
        done = found.end()
    sentences.append(text[done:])
    stripped = (sentence.strip(_EDGES) for sentence in sentences)
    return list(dict.fromkeys(filter(None, stripped)))


def _listed(text: str) -> str:
    line = clean_line(text.replace("\n", "; "))
    found = _LIST.match(line) or _GROUP_LIST.match(line)
    return found["items"] if found else ""


def _split_list(items: str) -> list[str]:
    parts = _STRONG.split(items)
    return parts if len(parts) > 1 else _COMMA.split(items)


def _name(part: str) -> str:
    return _GROUP_MARK.sub("", part).strip(_EDGES).strip()
