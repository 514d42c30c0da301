"""What an import found, counted while it runs: rows, refusals by reason, and the share without a placement."""

from collections import Counter

from catalog.intake.drafts import RefusedRow, ResourceDraft


class Tally:
    def __init__(self) -> None:
        self.rows = 0
        self.drafts = 0
        self.refused: Counter[str] = Counter()
        """By the code of each row's first problem."""
        self.without_placement = 0
        """Drafts."""
        self.named = 0
        """Rows of drafts whose source names a subject and a grade in its own words."""
        self.named_and_placed = 0
        self.unplaced_terms: Counter[tuple[str, str]] = Counter()
        """Terms of drafts without any placement."""

    def add(self, found: ResourceDraft | RefusedRow) -> None:
        if isinstance(found, RefusedRow):
            self.rows += 1
            self.refused[found.problems[0].code] += 1
            return
        self.rows += len(found.lines)
        self.drafts += 1
        if found.names_place:
            self.named += len(found.lines)
            self.named_and_placed += len(found.lines) if found.placements else 0
        if not found.placements:
            self.without_placement += 1
            self.unplaced_terms.update(found.source_terms)

    @property
    def share_without_placement(self) -> float:
        """Of all drafts; 0 when there are none."""
        return self.without_placement / self.drafts if self.drafts else 0.0

    @property
    def share_of_named_placed(self) -> float:
        """Of the rows whose source names a subject and a grade, those found under both; 1 when there are none."""
        return self.named_and_placed / self.named if self.named else 1.0
