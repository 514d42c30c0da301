"""Lines and records of a text file, one after the other: memory holds one record, whatever the file."""

import re
from collections import deque
from collections.abc import Iterator
from typing import TextIO

import msgspec

from catalog.intake.files.rows import MAX_LINE, MAX_RECORD_LINES

_QUOTES = re.compile('"+')
_EMPTY = frozenset({"\n", "\r", "\r\n"})
_SHUT, _OPEN, _MALFORMED = range(3)


class Line(msgspec.Struct, frozen=True):
    number: int
    text: str
    """With its line end."""
    whole: bool = True
    """False: it was longer than ``MAX_LINE``, and only its beginning is here."""


class Record(msgspec.Struct, frozen=True):
    number: int
    text: str
    problem: str = ""
    lines: tuple[Line, ...] = ()
    """The lines of a record of several, to read them one by one when the record turns out to be wrong."""


class Lines:
    """The lines of a stream, with a way to give some back."""

    def __init__(self, stream: TextIO, newline: str) -> None:
        self._stream = stream
        self._newline = newline
        self._returned: deque[Line] = deque()
        self._number = 0

    def take(self) -> Line | None:
        if self._returned:
            return self._returned.popleft()
        return self._read(self._stream.readline(MAX_LINE))

    def take_filled(self) -> Line | None:
        """The next line that is not empty."""
        while self._returned:
            line = self._returned.popleft()
            if line.text not in _EMPTY:
                return line
        text = self._stream.readline(MAX_LINE)
        while text in _EMPTY:
            self._number += 1
            text = self._stream.readline(MAX_LINE)
        return self._read(text)

    def _read(self, text: str) -> Line | None:
        if not text:
            return None
        self._number += 1
        whole = len(text) < MAX_LINE or text.endswith(self._newline)
        if not whole:
            self._skip_to_line_end()
        return Line(self._number, text, whole)

    def give_back(self, lines: tuple[Line, ...]) -> None:
        self._returned.extendleft(reversed(lines))

    def _skip_to_line_end(self) -> None:
        while (rest := self._stream.readline(MAX_LINE)) and not rest.endswith(self._newline):
            pass


def records(lines: Lines, delimiter: str) -> Iterator[Record]:
    """Records of a CSV file: a quoted field may hold line ends; a quote that is never closed takes only its own line.

    Whoever finds that a record of several lines is wrong gives all but its first line back to ``lines``.
    """
    while (line := lines.take_filled()) is not None:
        if not line.whole:
            yield Record(line.number, line.text, "line-too-long")
        elif '"' not in line.text or _state_after(line.text, delimiter, _SHUT) == _SHUT:
            yield Record(line.number, line.text)
        else:
            yield _long_record(line, lines, delimiter)


def _long_record(first: Line, lines: Lines, delimiter: str) -> Record:
    taken: list[Line] = []
    size, state = len(first.text), _OPEN
    while state == _OPEN and len(taken) < MAX_RECORD_LINES and (line := lines.take()) is not None:
        taken.append(line)
        size += len(line.text)
        state = _state_after(line.text, delimiter, _OPEN) if line.whole and size <= MAX_LINE else _MALFORMED
    if state == _SHUT:
        text = "".join([first.text, *(line.text for line in taken)])
        return Record(first.number, text, "", (first, *taken))
    lines.give_back(tuple(taken))
    return Record(first.number, first.text, "open-quote")


def _state_after(text: str, delimiter: str, state: int) -> int:
    """Whether a quoted field is open at the line's end, by the rules of Python's csv module.

    Only where a field was open at the beginning, letters behind its closing quote make the line ``_MALFORMED``:
    then the quote that opened it was no opening quote.
    """
    continued = state == _OPEN
    for found in _QUOTES.finditer(text):
        start, end = found.span()
        if state == _SHUT:
            if start and text[start - 1] != delimiter:
                continue
            closes = (end - start) % 2 == 0
        else:
            closes = (end - start) % 2 == 1
        state = _SHUT if closes else _OPEN
        if closes and continued and not _ends_field(text, end, delimiter):
            return _MALFORMED
    return state


def _ends_field(text: str, end: int, delimiter: str) -> bool:
    return end == len(text) or text[end] == delimiter or text[end] in "\r\n"
