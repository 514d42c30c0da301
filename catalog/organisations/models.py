"""The municipality's schools: codes, kind, grades. No pupil is ever stored."""

import uuid

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.db import Base, new_id


class School(Base):
    """A school of this municipality; ``code`` is the national register's number."""

    __tablename__ = "school"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    grades: Mapped[list[str]]
    """Codes of the vocabulary ``grade``, in order."""
