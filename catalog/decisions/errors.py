"""Why a decision could not be recorded."""

from catalog.core.errors import Conflict


class DecisionUndone(Conflict):
    code, title = "decision-undone", "The decision was taken back already"
