"""Whoever sends a form slowly must not hold a transaction open: on SQLite it is the lock that every writer needs."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent.parent


def early_uses(source: str) -> list[str]:
    """Handlers that read a form after they have used their session."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.AsyncFunctionDef):
            continue
        body = [each for statement in node.body for each in ast.walk(statement)]
        reads = [
            each.lineno
            for each in body
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "read_form"
        ]
        uses = [each.lineno for each in body if isinstance(each, ast.Name) and each.id == "session"]
        if reads and uses and min(uses) < min(reads):
            found.append(node.name)
    return found


def test_no_page_uses_its_session_before_it_has_read_the_form() -> None:
    pages = sorted((ROOT / "catalog").rglob("pages.py"))
    sources = {str(path.relative_to(ROOT)): path.read_text() for path in pages}
    assert sum("read_form(" in source for source in sources.values()) >= 5
    assert {path: names for path, source in sources.items() if (names := early_uses(source))} == {}


def test_no_page_reads_a_form_in_any_other_way() -> None:
    pages = (ROOT / "catalog").rglob("*.py")
    assert [str(path.relative_to(ROOT)) for path in pages if "request.form()" in _code(path)] == []


def test_the_search_finds_a_planted_handler() -> None:
    planted = "async def save(session, request):\n    row = await session.get(1)\n    sent = await read_form(request)\n"
    assert early_uses(planted) == ["save"]


def _code(path: Path) -> str:
    """The file without its docstrings and comments."""
    return ast.unparse(ast.fix_missing_locations(_without_docstrings(ast.parse(path.read_text()))))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]
                each for each in body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ] or [ast.Pass()]
    return tree
