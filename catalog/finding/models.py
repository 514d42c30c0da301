"""Materialised search documents, so that a start, a rebuild and a list need no joins."""

import uuid
from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.db import Base


class SearchDocument(Base):
    """What indexes, lists and cards read: one document per resource, written by the worker only."""

    __tablename__ = "search_document"

    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    version: Mapped[int]
    turns_on: Mapped[date | None] = mapped_column(index=True)
    """The next day on which a dated state of it changes; None: no day is known."""
    document: Mapped[str]
    """JSON, as the index's layout says; empty: out of every index."""
    prepared: Mapped[str]
    """What a start takes in without reading the document: see ``prepared.py``; empty as that is."""
