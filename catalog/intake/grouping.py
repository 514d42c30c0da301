"""Joins the rows of one item wherever they stand in the file; waiting drafts lie in a temporary file, not in memory."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import msgspec

Draft = TypeVar("Draft", bound=msgspec.Struct)
Other = TypeVar("Other")


def grouped(
    found: Iterable[Draft | Other],
    shape: type[Draft],
    key_of: Callable[[Draft], str],
    join: Callable[[Iterator[Draft]], Draft],
) -> Iterator[Draft | Other]:
    """What is no draft comes at once; then one draft for each key, in the order of the keys' first appearance."""
    decoder = msgspec.msgpack.Decoder(shape)
    encode = msgspec.msgpack.Encoder().encode
    with closing(sqlite3.connect("")) as store:  # without a name: a private file that vanishes when it is closed
        store.execute("CREATE TABLE waiting (seq INTEGER PRIMARY KEY, key TEXT NOT NULL, draft BLOB NOT NULL)")
        for each in found:
            if isinstance(each, shape):
                store.execute("INSERT INTO waiting (key, draft) VALUES (?, ?)", (key_of(each), encode(each)))
            else:
                yield each
        store.execute("CREATE TABLE first AS SELECT key, min(seq) AS seq FROM waiting GROUP BY key")
        ordered = store.execute(
            "SELECT first.seq, waiting.draft FROM first JOIN waiting USING (key) ORDER BY first.seq, waiting.seq"
        )
        for _, group in groupby(ordered, itemgetter(0)):
            yield join(decoder.decode(draft) for _, draft in group)
