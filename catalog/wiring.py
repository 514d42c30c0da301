"""What slices hand to each other at the root, in one place; ``core.registries`` says what each list is for."""

from collections.abc import Sequence

from catalog.core.registries import Ownership, Panel, PersonalSource, SchoolFollower
from catalog.dashboard import panels
from catalog.decisions import following as scopes
from catalog.identity import following as roles
from catalog.identity import personal
from catalog.operations import traces
from catalog.organisations.fleet import service as fleet

SCHOOL_FOLLOWERS: Sequence[SchoolFollower] = (
    fleet.FOLLOWER,
    roles.FOLLOWER,
    scopes.FOLLOWER,
)
"""In the order in which they follow a merger."""
PERSONAL_SOURCES: Sequence[PersonalSource] = (personal.SOURCE, traces.SOURCE)
OWNERSHIPS: Sequence[Ownership] = ()
PANELS: Sequence[Panel] = panels.PANELS
"""In the order in which they stand on the dashboard."""
