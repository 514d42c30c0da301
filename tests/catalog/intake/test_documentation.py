import re
from pathlib import Path

from catalog.cli_base import NoAnswer
from catalog.cli_imports import FILE_REFUSED
from catalog.intake.decision_rows import decision_drafts
from catalog.intake.drafts import ResourceDraft, resource_drafts
from catalog.intake.errors import REASONS
from catalog.intake.files.readers import read_rows
from catalog.intake.files.rows import ROW_PROBLEMS
from catalog.intake.mapping import FIELDS
from catalog.intake.mapping_file import load_mapping, shipped_names
from catalog.vocabularies.store import shipped

PAGE = (Path(__file__).parents[3] / "docs" / "imports.md").read_text(encoding="utf-8")


def test_the_mapping_on_the_page_reads_the_file_on_the_page(tmp_path: Path) -> None:
    for _, name, text in re.findall(r"```toml\n# (mapping|crosswalk): (\S+)\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (table,) = re.findall(r"```\n(Varenr;.*?)```", PAGE, re.DOTALL)
    (tmp_path / "katalog.csv").write_text(table, encoding="utf-8")
    mapping = load_mapping(str(tmp_path / "katalog.toml"), shipped())
    rows = read_rows(tmp_path / "katalog.csv", options=mapping.options, wanted=mapping.wanted)
    (draft,) = resource_drafts(rows, mapping, shipped())
    assert isinstance(draft, ResourceDraft)
    assert draft.texts[0].title == "Brøker i hverdagen"
    assert draft.identifiers[0] == ("isbn13", "9780306406157")
    assert {grade for _, grade in draft.placements} == {"4", "5", "6", "7"}
    assert (draft.price, draft.platforms, draft.lines) == ("per_pupil", ("ipados", "chromeos"), (2, 3))


def test_every_reason_every_field_and_every_shipped_mapping_is_on_the_page() -> None:
    codes = {code for line in PAGE.splitlines() if line.startswith("| `") for code in re.findall("`([^`]+)`", line)}
    assert {*REASONS, *ROW_PROBLEMS, *shipped_names()} <= codes
    plain = set(re.findall(r"\w+", PAGE))
    assert {field for fields in FIELDS.values() for field in fields} <= plain


def test_every_code_by_which_our_own_code_refuses_a_row_is_on_the_page() -> None:
    package = Path(decision_drafts.__code__.co_filename).parent
    texts = [path.read_text(encoding="utf-8") for path in package.glob("*.py")]
    refusals = {code for text in texts for code in re.findall(r'refuse\([^,]+, "([a-z-]+)"', text)}
    assert len(refusals) >= 6
    assert [code for code in refusals if f"`{code}`" not in PAGE] == []


def test_every_exit_status_is_on_the_page() -> None:
    said = [int(number) for number in re.findall(r"^\| ([0-9]) \| ", PAGE, re.MULTILINE)]
    assert said == [0, 1, FILE_REFUSED, NoAnswer.exit_code]
