"""One in-memory tantivy index: documents in, states out; a state once taken never changes under a search.

Per text field it holds the folded words, the words whose typed letters say more, and short texts as a whole; over all
text fields the words once more (what matches at all) and their first one and two letters (the shortest prefixes).
``order`` spells a document's ties and its id, so that one column orders whatever is equally relevant.
"""

import ctypes
import sys
from collections.abc import Iterable, Mapping
from typing import Any, cast

import tantivy

from search.filters import KEYWORD, NUMBER
from search.port import Document, Layout, Prepared
from search.prepare import ANYWHERE, HEADS, ID, KEPT, ORDER, TYPED, WHOLE, kept_of, words_field
from search.vocabulary import Vocabulary

_BULK_HEAP, _THREADS = 64_000_000, 1


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
        return kept_of(cast("bytes", self.searcher.doc(address).get_first(KEPT)))


def count_of(result: tantivy.SearchResult) -> int:
    """Read the count of a search that counted; tantivy's type stubs leave it out."""
    return cast("Any", result).count or 0


class Store:
    """Not safe for two writers at once: the engine lets in one at a time."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.schema = _schema(layout)
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
            self._writer.delete_documents_by_term(ID, prepared.id)
            self._writer.add_json(prepared.text)

    def add(self, documents: Iterable[Prepared]) -> None:
        """Add documents whose ids are known to be new."""
        for prepared in documents:
            self._writer.add_json(prepared.text)

    def commit(self, vocabulary: Vocabulary | None = None) -> State:
        """Make visible what was written; without a vocabulary it is read from the index, which takes longer."""
        self._writer.commit()
        self._index.reload()
        searcher = self._index.searcher()
        if vocabulary is None:
            vocabulary = Vocabulary(word for word, _ in searcher.terms_with_prefix(ANYWHERE, ""))
        return State(self, searcher, vocabulary)


def give_back_memory() -> None:
    """Hand what building an index took back to the system: glibc would keep it, often more than the index itself."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


def _schema(layout: Layout) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(ID, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(ORDER, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field(KEPT, stored=True)
    fields = len(layout.texts)
    for field in dict.fromkeys([*(words_field(fields, place) for place in range(fields)), ANYWHERE, *HEADS]):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="basic")
    for place in range(fields):
        builder.add_text_field(f"{TYPED}{place}", tokenizer_name="typing", index_option="basic")
        builder.add_text_field(f"{WHOLE}{place}", tokenizer_name="whitespace", index_option="basic")
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
