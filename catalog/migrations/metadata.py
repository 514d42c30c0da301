"""Every table there is: importing the models makes them known."""

import catalog.core.audit
import catalog.core.feed
import catalog.core.idempotency
import catalog.core.lease
import catalog.core.mail
import catalog.core.outbox
import catalog.decisions.models
import catalog.finding.models
import catalog.identity.models
import catalog.intake.models
import catalog.organisations.models
import catalog.resources.models  # noqa: F401 - imported for their effect
from catalog.core.db import Base

METADATA = Base.metadata
