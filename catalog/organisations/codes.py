"""Numbers of schools in the one spelling that is stored and looked up; a wrong check digit is refused, not corrected.

Pure. CVR, GLN and organisation numbers carry a check digit; the registers of schools give none to theirs.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from stdnum import ean
from stdnum.dk import cvr
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from catalog.organisations.models import CodeScheme
from catalog.vocabularies.texts import clean_line

LONGEST = 32
NORWEGIAN_DIGITS = 9
GLN_DIGITS = 13
_BETWEEN = re.compile(r"[\s.\-]")
_STIL = re.compile(r"[0-9A-Z]{6}")
_P_NUMBER = re.compile(r"[0-9]{10}")
_SKOLENHETSKOD = re.compile(r"[0-9]{8}")
_LOCAL = re.compile(r"[^\s/]+")


class CodeRefused(ValueError):
    """``code``: field-missing, too-long, wrong-form or wrong-check-digit."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normalise_code(scheme: CodeScheme, value: str) -> str:
    """The number as it is stored and compared. Raises: CodeRefused."""
    written = clean_line(value)
    if not written:
        raise CodeRefused("field-missing")
    if len(written) > LONGEST:
        raise CodeRefused("too-long")
    return _RULES[scheme](written)


def school_code(value: str) -> str:
    """The number a school is known by here, whoever gave it. Raises: CodeRefused."""
    return normalise_code(CodeScheme.LOCAL, value)


def national_scheme(country: str) -> CodeScheme:
    """By which a country's own register knows its schools."""
    return CodeScheme.SKOLENHETSKOD if country == "se" else CodeScheme.STIL


def _local(written: str) -> str:
    if not _LOCAL.fullmatch(written):
        raise CodeRefused("wrong-form")
    return written


def _shaped(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def normalise(written: str) -> str:
        compact = _BETWEEN.sub("", written).upper()
        if not (compact.isascii() and pattern.fullmatch(compact)):
            raise CodeRefused("wrong-form")
        return compact

    return normalise


def _checked(written: str, validate: Callable[[str], Any]) -> str:
    try:
        return str(validate(written))
    except InvalidChecksum as error:
        raise CodeRefused("wrong-check-digit") from error
    except ValidationError as error:
        raise CodeRefused("wrong-form") from error


def _digits(written: str) -> str:
    compact = _BETWEEN.sub("", written)
    if not (compact.isascii() and compact.isdigit()):
        raise CodeRefused("wrong-form")
    return compact


def _cvr(written: str) -> str:
    return _checked(_digits(written.upper().removeprefix("DK")), cvr.validate)


def _gln(written: str) -> str:
    compact = _digits(written)
    if len(compact) != GLN_DIGITS:
        raise CodeRefused("wrong-form")
    return _checked(compact, ean.validate)


def _orgnr(written: str) -> str:
    compact = _digits(written)
    return _checked(compact, norwegian.validate if len(compact) == NORWEGIAN_DIGITS else swedish.validate)


_RULES: Mapping[CodeScheme, Callable[[str], str]] = {
    CodeScheme.STIL: _shaped(_STIL),
    CodeScheme.CVR: _cvr,
    CodeScheme.P_NUMBER: _shaped(_P_NUMBER),
    CodeScheme.GLN: _gln,
    CodeScheme.SKOLENHETSKOD: _shaped(_SKOLENHETSKOD),
    CodeScheme.ORGNR: _orgnr,
    CodeScheme.LOCAL: _local,
}
