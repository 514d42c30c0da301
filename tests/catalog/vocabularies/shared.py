"""Where the shared public data sets are, on machines that have them; they are never part of the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def shared_data() -> Path:
    return Path(os.environ.get("HYLDE_TEST_DATA", ROOT.parent / "shared" / "data"))


def shared_file(name: str) -> Path:
    """The file, or a skipped test that says what is missing."""
    path = shared_data() / name
    if not path.exists():
        pytest.skip(f"the shared data set {name} is not on this machine (HYLDE_TEST_DATA)")
    return path
