"""What is asked and told about resources, services and publishers."""

import uuid
from datetime import date, datetime

from catalog.core.schemas import Command, Schema


class Text(Schema, frozen=True, kw_only=True):
    language: str
    """BCP 47."""
    title: str
    description: str = ""


class IdentifierFact(Schema, frozen=True, kw_only=True):
    scheme: str
    value: str


class PlacementFact(Schema, frozen=True, kw_only=True, order=True):
    subject: str
    grade: str


class SourceTermFact(Schema, frozen=True, kw_only=True, order=True):
    kind: str
    """``subject`` or ``grade``."""
    term: str


class ClaimFact(Schema, frozen=True, kw_only=True):
    platform: str
    browser: str = ""
    min_version: str = ""
    app: bool = False
    offline: bool = False
    limits: str = ""
    tested_on: date | None = None
    tested_by: str = ""
    supplier_declared: bool = True


class ResourceFacts(Command, frozen=True, kw_only=True):
    """Everything known of one resource. What is left out is unknown, not empty."""

    form: str
    texts: list[Text]
    """At least one; the first is the original."""
    kind: str = ""
    publisher: str = ""
    """By name; an unknown one is added."""
    service_key: str = ""
    creator: str = ""
    designation: str = ""
    price_model: str = ""
    url: str = ""
    order_url: str = ""
    lix: int | None = None
    reading_support: bool | None = None
    accessibility: str = "unchecked"
    accessibility_url: str = ""
    languages: list[str] = []
    logins: list[str] = []
    end_users: list[str] = []
    data_categories: list[str] = []
    supplier_declared: list[str] = []
    identifiers: list[IdentifierFact] = []
    """Besides the address, which becomes one by itself."""
    placements: list[PlacementFact] = []
    claims: list[ClaimFact] = []
    source_terms: list[SourceTermFact] = []


class ServiceFacts(Command, frozen=True, kw_only=True):
    key: str
    name: str
    url: str = ""
    publisher: str = ""


class PublisherFacts(Command, frozen=True, kw_only=True):
    name: str
    homepage: str = ""
    country: str = ""


class Named(Schema, frozen=True, kw_only=True):
    """A thing on its way to being shown: a publisher, a service, another resource."""

    id: uuid.UUID
    code: str
    name: str
    url: str = ""


class Event(Schema, frozen=True, kw_only=True):
    happened_on: date
    what: str
    other: Named | None = None


class ResourceDetail(Schema, frozen=True, kw_only=True):
    """A resource as stored, with the names of what it belongs to."""

    id: uuid.UUID
    slug: str
    status: str
    version: int
    rank: int
    updated_on: date
    origin: str
    facts: ResourceFacts
    publisher: Named | None = None
    service: Named | None = None
    succeeded_by: Named | None = None


class ServiceDetail(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    version: int
    facts: ServiceFacts


class ReportError(Command, frozen=True, kw_only=True):
    """What a reader found wrong on a resource's page."""

    about: str
    text: str


class ErrorReported(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    resource: Named | None
    """None: about the service itself."""
    about: str
    text: str
    written_at: datetime
