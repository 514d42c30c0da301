"""``python -m catalog`` is ``hylde``."""

from catalog.cli import main

main()
