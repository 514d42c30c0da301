"""Reads one sheet and prints a line of JSON for each row; it limits itself before it opens the file.

Run as a program of its own, with the path and the sheet's name: python-calamine ends the whole process (SIGABRT) on a
sheet whose used area does not fit into memory. It imports nothing of ours, so that it starts in a moment.
"""

import contextlib
import datetime as dt
import json
import sys
from typing import Any

import python_calamine

MAX_ADDRESS_SPACE = 165_000_000
"""Enough for 100,000 rows of ten columns."""
MAX_CPU_SECONDS = 60
DAMAGED, NO_SUCH_SHEET, TOO_LARGE = 3, 4, 5


def main(path: str, sheet_name: str) -> int:
    limit_resources()
    try:
        with python_calamine.load_workbook(path) as workbook:
            if sheet_name and sheet_name not in workbook.sheet_names:
                say({"sheet": sheet_name, "sheets": workbook.sheet_names})
                return NO_SUCH_SHEET
            name = sheet_name or first_visible(workbook)
            sheet = workbook.get_sheet_by_name(name)
            for number, row in enumerate(sheet.iter_rows(), start=1):
                cells = [as_text(value) for value in row]
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    say([number, cells])
    except MemoryError:
        return TOO_LARGE
    except Exception:  # noqa: BLE001 - calamine's errors have no common base but this
        return DAMAGED
    return 0


def limit_resources() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # other systems have other limits
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))


def first_visible(workbook: Any) -> str:
    visible = python_calamine.SheetVisibleEnum.Visible
    names = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == visible]
    return str((names or workbook.sheet_names)[0])


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def say(found: Any) -> None:
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
