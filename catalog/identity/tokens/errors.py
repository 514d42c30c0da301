"""Why a key of a program is not made."""

from catalog.core.errors import Conflict


class TooManyTokens(Conflict):
    code, title = "too-many-tokens", "There are as many tokens as one person may have"
