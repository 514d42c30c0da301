"""A page as a test reads it: elements by tag, class and attribute, and the text a reader sees."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from typing_extensions import override

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


@dataclass
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    @property
    def classes(self) -> list[str]:
        return self.get("class").split()

    def walk(self) -> Iterator["Element"]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def all(self, tag: str = "", class_: str = "", **attributes: str) -> list["Element"]:
        """Elements below, in order; ``attributes`` must be equal, ``for_`` stands for ``for``."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.walk()
            if tag in {"", element.tag}
            and (not class_ or class_ in element.classes)
            and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str = "", class_: str = "", **attributes: str) -> "Element":
        found = self.all(tag, class_, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag} class={class_!r} {attributes}>"
        return found[0]

    @property
    def words(self) -> str:
        """All words as they stand; what is hidden from sight is read too."""
        if self.tag in {"script", "style"}:
            return ""
        return "".join(child if isinstance(child, str) else child.words for child in self.children)

    @property
    def text(self) -> str:
        """All words, with one space between them."""
        return " ".join(self.words.split())

    @property
    def repeated_ids(self) -> set[str]:
        ids = [element["id"] for element in self.walk() if "id" in element.attributes]
        return {each for each in ids if ids.count(each) > 1}

    @property
    def links(self) -> dict[str, str]:
        """Addresses by the words of their links."""
        return {link.text: link["href"] for link in self.all("a")}


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("")
        self._open = [self.root]

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in {element.tag for element in self._open}:
            while self._open.pop().tag != tag:
                pass

    @override
    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read_page(html: str) -> Element:
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


@dataclass(frozen=True)
class FindSeen:
    """The search page as a reader sees it."""

    page: Element

    @property
    def titles(self) -> list[str]:
        return [card.one("h2").text for card in self.page.all("li", "card")]

    @property
    def count(self) -> str:
        return self.page.all(id="count")[0].text

    def facet(self, name: str) -> dict[str, int]:
        """The counts of a facet by their words."""
        group = self.page.all("details", id=f"facet-{name}")
        rows = [*group[0].all(class_="option"), *group[0].all(class_="tile")] if group else []
        return {_words(row): int(_tally(row)) for row in rows}

    def chosen(self, name: str) -> list[str]:
        return [
            box["value"] for box in self.page.all("input", type="checkbox", name=name) if "checked" in box.attributes
        ]

    @property
    def chips(self) -> dict[str, str]:
        return {chip.text.removeprefix("Remove the filter "): chip["href"] for chip in self.page.all("a", "chip")}

    def card(self, title: str) -> Element:
        return next(card for card in self.page.all("li", "card") if card.one("h2").text == title)


def _words(row: Element) -> str:
    label = row.all(class_="label") or row.all(class_="sr")
    return label[0].text


def _tally(row: Element) -> str:
    tally = row.all(class_="tally") or row.all("small")
    return tally[0].text


def see(html: str) -> FindSeen:
    return FindSeen(read_page(html))
