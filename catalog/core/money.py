"""Amounts of money: whole minor units (øre, öre, cents) of one currency, never a float."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from catalog.core.errors import Conflict

CURRENCIES = ("DKK", "SEK", "NOK", "EUR")


@dataclass(kw_only=True, eq=False)
class CurrenciesDiffer(Conflict):
    code, title = "currencies-differ", "Amounts of different currencies cannot be added"
    left: str
    right: str


class Money(msgspec.Struct, frozen=True, order=False):
    """``minor`` hundredths of ``currency`` (ISO 4217)."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """Raise CurrenciesDiffer rather than add kroner to euros."""
        if self.currency != other.currency:
            raise CurrenciesDiffer(left=self.currency, right=other.currency)
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + -other

    def spread(self, weights: Sequence[int]) -> list["Money"]:
        """Divide by weights so that the parts add up exactly (largest remainder; ties go to the first).

        Without any weight above 0 the parts are equal.
        """
        if not weights:
            return []
        shares = [max(weight, 0) for weight in weights] if any(weight > 0 for weight in weights) else [1] * len(weights)
        total, sign = sum(shares), -1 if self.minor < 0 else 1
        whole = [abs(self.minor) * share // total for share in shares]
        rest = abs(self.minor) - sum(whole)
        by_remainder = sorted(range(len(shares)), key=lambda i: (-(abs(self.minor) * shares[i] % total), i))
        for index in by_remainder[:rest]:
            whole[index] += 1
        return [Money(sign * part, self.currency) for part in whole]
