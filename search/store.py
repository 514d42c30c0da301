"""One in-memory tantivy index: documents in, states out; a state once taken never changes under a search.

Per text field it holds the folded words, the words whose typed letters say more, and short texts as a whole; over all
text fields the words once more (what matches at all) and their first one and two letters (the shortest prefixes).
``order`` spells a document's ties and its id, so that one column orders whatever is equally relevant.
"""

import ctypes
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, cast

import msgspec
import tantivy

from search.codes import spell_all
from search.filters import KEYWORD, LARGEST, NUMBER
from search.port import Document, Layout
from search.vocabulary import Vocabulary
from search.words import clean_all, fold, fold_fields, typed_words

ANYWHERE, HEADS, ID, KEPT, ORDER = "anywhere", ("head1", "head2"), "id", "kept", "order"
WORDS, TYPED, WHOLE = "w_", "t_", "x_"
_BULK_HEAP, _THREADS = 64_000_000, 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Prepared(msgspec.Struct, frozen=True):
    """What an index will hold of a document."""

    one: str
    document: tantivy.Document
    words: AbstractSet[str]


class State:
    """A searcher over everything committed so far, with the vocabulary of that moment."""

    def __init__(self, index: "Store", searcher: tantivy.Searcher, vocabulary: Vocabulary) -> None:
        self.schema = index.schema
        self.layout = index.layout
        self.searcher = searcher
        self.vocabulary = vocabulary

    @property
    def count(self) -> int:
        return self.searcher.num_docs

    def document(self, address: tantivy.DocAddress) -> Document:
        return cast("Document", _decode(cast("bytes", self.searcher.doc(address).get_first(KEPT))))


def count_of(result: tantivy.SearchResult) -> int:
    """Read the count of a search that counted; tantivy's type stubs leave it out."""
    return cast("Any", result).count or 0


class Store:
    """Not safe for two writers at once: the engine lets in one at a time."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.schema = _schema(layout)
        self._hidden = frozenset(layout.hidden)
        self._plain = [place for place, field in enumerate(layout.texts) if field in layout.plain]
        self._index = tantivy.Index(self.schema)
        self._index.config_reader("manual")
        for name, analyzer in _analyzers().items():
            self._index.register_tokenizer(name, analyzer)
            self._index.register_fast_field_tokenizer(name, analyzer)
        self._writer = self._index.writer(_BULK_HEAP, _THREADS)

    def write(self, documents: Iterable[Prepared], gone: Iterable[str]) -> None:
        """Put the prepared documents in place of earlier ones with their ids, and take out those that are gone."""
        for one in gone:
            self._writer.delete_documents_by_term(ID, one)
        for prepared in documents:
            self._writer.delete_documents_by_term(ID, prepared.one)
            self._writer.add_document(prepared.document)

    def add(self, documents: Iterable[Prepared]) -> None:
        """Add documents whose ids are known to be new."""
        for prepared in documents:
            self._writer.add_document(prepared.document)

    def commit(self, vocabulary: Vocabulary | None = None) -> State:
        """Make visible what was written; without a vocabulary it is read from the index, which takes longer."""
        self._writer.commit()
        self._index.reload()
        searcher = self._index.searcher()
        if vocabulary is None:
            vocabulary = Vocabulary(word for word, _ in searcher.terms_with_prefix(ANYWHERE, ""))
        return State(self, searcher, vocabulary)

    def prepare(self, document: Document) -> Prepared:
        """Turn a document into what the index holds of it, before anything is written.

        Raises:
            ValueError: the document does not fit the layout; the message names it and the field.
        """
        one = document.get("id")
        if not isinstance(one, str) or not one:
            raise ValueError(f"The document {one!r} has no text as its id.")
        prepared = tantivy.Document()
        try:
            prepared.add_text(ID, one)
            prepared.add_bytes(KEPT, _encode({name: document[name] for name in document.keys() - self._hidden}))
            words = self._add_texts(prepared, document)
            self._add_keywords(prepared, document)
            self._add_numbers(prepared, document)
        except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
            raise ValueError(f"The document {one!r} does not fit the index: {error}") from error
        return Prepared(one, prepared, words)

    def _add_texts(self, prepared: tantivy.Document, document: Document) -> AbstractSet[str]:
        written = [(place, _list(document, field)) for place, field in enumerate(self.layout.texts)]
        fields = [(place, clean_all(texts)) for place, texts in written if place not in self._plain]
        everywhere: set[str] = set()
        for (place, field), (words, whole) in zip(fields, fold_fields([text for _, text in fields]), strict=True):
            if not words:
                continue
            prepared.add_text(f"{WORDS}{place}", words)
            prepared.add_text(f"{WHOLE}{place}", whole)
            everywhere.update(words.split())
            if typed := typed_words(field):
                prepared.add_text(f"{TYPED}{place}", " ".join(typed))
        for place in self._plain:
            words = " ".join(written[place][1])
            prepared.add_text(f"{WORDS}{place}", _plain_words(words))
            everywhere.update(words.split())
        prepared.add_text(ANYWHERE, " ".join(everywhere))
        heads = {word[:2] for word in everywhere}
        prepared.add_text(HEADS[1], " ".join(heads))
        prepared.add_text(HEADS[0], " ".join({head[0] for head in heads}))
        return everywhere

    def _add_keywords(self, prepared: tantivy.Document, document: Document) -> None:
        for field in self.layout.keywords:
            if codes := _list(document, field):
                prepared.add_text(KEYWORD + field, spell_all(codes))

    def _add_numbers(self, prepared: tantivy.Document, document: Document) -> None:
        numbers = {field: _number(document, field) for field in self.layout.numbers}
        for field, number in numbers.items():
            if number is not None:
                prepared.add_unsigned(NUMBER + field, number)
        prepared.add_text(ORDER, order_label(numbers, self.layout.ties, document["id"]))


def give_back_memory() -> None:
    """Hand what building an index took back to the system: glibc would keep it, often more than the index itself."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


def order_label(numbers: Mapping[str, int | None], ties: Sequence[str], one: str) -> str:
    """Sorts as the ties and the id do; a missing number comes last."""
    spelt = "".join("~" * 14 if (number := numbers[field]) is None else f"{number:014x}" for field in ties)
    return spelt + one


def _plain_words(words: str) -> str:
    if words != words.lower() or not (words.isascii() or all(fold(word) == word for word in words.split())):
        raise ValueError("a plain field holds letters that have to be folded")
    return words


def _list(document: Document, field: str) -> Sequence[str]:
    values = document.get(field) or ()
    if isinstance(values, str):
        raise TypeError(f"{field} is no list of texts.")
    return cast("Sequence[str]", values)


def _number(document: Document, field: str) -> int | None:
    number: Any = document.get(field)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= LARGEST:
        raise ValueError(f"{field} is no whole number from 0 to 2**53.")
    return number


def _schema(layout: Layout) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(ID, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(ORDER, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field(KEPT, stored=True)
    for place in range(len(layout.texts)):
        builder.add_text_field(f"{WORDS}{place}", tokenizer_name="whitespace", index_option="basic")
        builder.add_text_field(f"{TYPED}{place}", tokenizer_name="typing", index_option="basic")
        builder.add_text_field(f"{WHOLE}{place}", tokenizer_name="whitespace", index_option="basic")
    for field in (ANYWHERE, *HEADS):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="basic")
    for field in layout.keywords:
        builder.add_text_field(KEYWORD + field, fast=True, tokenizer_name="whitespace", index_option="basic")
    for field in layout.numbers:
        builder.add_unsigned_field(NUMBER + field, indexed=True, fast=True)
    return builder.build()


def _analyzers() -> Mapping[str, tantivy.TextAnalyzer]:
    tokenizer, builder = tantivy.Tokenizer, tantivy.TextAnalyzerBuilder
    return {
        "typing": builder(tokenizer.simple()).filter(tantivy.Filter.lowercase()).build(),
        "whitespace": builder(tokenizer.whitespace()).build(),
    }
