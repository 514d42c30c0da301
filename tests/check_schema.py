"""``make check``: whether the migrations make what the models say, on each database that this machine has.

Run as ``python -m tests.check_schema``; tests/test_migrations.py proves that a difference would be found.
"""

import sys
import tempfile

from catalog.migrations import runner
from tests.cluster import NoPostgresql, create_database, throw_away_cluster


def report(kind: str, url: str) -> bool:
    """Print what was found; whether it is well."""
    runner.upgrade(url)
    found = runner.differences(url)
    for difference in found:
        print(f"{kind}: {difference}", file=sys.stderr)
    print(f"{kind}: the migrations " + ("do not make" if found else "make") + " what the models say.")
    return not found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        is_well = report("SQLite", f"sqlite:///{folder}/hylde.sqlite")
    try:
        with throw_away_cluster() as server:
            is_well &= report("PostgreSQL", create_database(server, "checked"))
    except NoPostgresql as reason:
        print(f"PostgreSQL: NOT CHECKED, {reason}.")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
