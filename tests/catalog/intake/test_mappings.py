from pathlib import Path

import pytest

from catalog.intake.mapping_file import load_mapping, shipped_names
from catalog.intake.templates import TemplateWrong, compile_templates
from catalog.vocabularies.faults import DataFileRefused
from catalog.vocabularies.store import shipped

GOOD = """
source = "emu"

[fields]
form = "app"

[[texts]]
language = "da"
title = "{titel}"
"""


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_mapping_is_without_fault(name: str) -> None:
    mapping = load_mapping(name, shipped())
    assert mapping.name == name
    assert mapping.wanted.needed


def test_the_shipped_mappings_are_those_that_are_documented() -> None:
    assert set(shipped_names()) >= {"khan_academy", "oer_commons", "decision_list"}


def test_a_users_mapping_is_read_from_its_path_with_its_crosswalk_beside_it(tmp_path: Path) -> None:
    (tmp_path / "fag.toml").write_text('[subject]\n"Regning" = ["matematik"]\n[grade]\n"Mellemtrin" = ["4", "5", "6"]')
    path = _write(tmp_path, GOOD + '[placements]\ncrosswalk = "fag.toml"\nsubjects = "{Fag}"\ngrades = "{Trin}"\n')
    mapping = load_mapping(str(path), shipped())
    assert mapping.source == "emu"
    assert mapping.crosswalk.subjects == {"regning": ("matematik",)}
    assert mapping.wanted.columns == ("titel", "Fag", "Trin")
    assert mapping.wanted.needed == (("titel",),)


@pytest.mark.parametrize(
    ("text", "place", "problem", "fix"),
    [
        (GOOD.replace('"emu"', '"EMU!"'), "source", "no usable name", "a-z"),
        (GOOD + "[field]\nform = 1", "field", "this key is not read", "Did you mean fields"),
        (GOOD.replace("form =", "from ="), "fields.from", "this key is not read", "Did you mean form"),
        (GOOD.replace('form = "app"', 'form = "apps"'), "fields.form", "'apps' is no form", "Use app"),
        (GOOD.replace("{titel}", "{titel"), "texts[1].title", "does not name a column", "{{ or }}"),
        (GOOD.replace('title = "{titel}"', ""), "texts[1].title", "it is missing", "Write title"),
        (GOOD.replace('"da"', '"xx"'), "texts[1].language", "'xx' is no language", "Use"),
        (GOOD.partition("[[texts]]")[0], "texts", "a resource needs a title", "Write [[texts]]"),
        (GOOD + '[file]\nformat = "xls"', "file.format", "cannot be read", "csv, jsonl, xlsx"),
        (GOOD + '[file]\nencoding = "utf-9"', "file.encoding", "is unknown", "cp1252"),
        (GOOD + '[file]\ndelimiter = ";;"', "file.delimiter", "is one character", "leave it out"),
        (GOOD + '[file]\nheader_line = "first"', "file.header_line", "Expected `int`", "docs/imports.md"),
        (GOOD + '[identifiers]\nisbn = "{isbn}"', "identifiers.isbn", "this key is not read", "isbn13"),
        (GOOD + '[values.form]\n"spil" = "game"', "values.form.spil", "'game' is no form", "Use"),
        (GOOD + '[values.titel]\n"a" = "b"', "values.titel", "this key is not read", "Use"),
        (GOOD + '[placements]\nsubjects = "{fag}"', "placements.crosswalk", "no term becomes", "mine.toml"),
        (GOOD + '[placements]\ncrosswalk = "nothing"', "", "cannot be read", "[subject]"),
        ('kind = "lists"\n' + GOOD, "kind", "'lists' is no kind", "decisions"),
        ('separators = [""]\n' + GOOD, "separators", "a separator is empty", '[","]'),
    ],
)
def test_a_mistake_is_said_with_the_file_the_key_and_the_fix(
    tmp_path: Path, text: str, place: str, problem: str, fix: str
) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(DataFileRefused) as refused:
        load_mapping(str(path), shipped())
    faults = [fault for fault in refused.value.faults if fault.place == place]
    assert faults, refused.value
    assert problem in faults[0].problem
    assert fix in faults[0].fix


def test_all_mistakes_of_mapping_and_crosswalk_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "fag.toml").write_text('[subject]\n"A" = ["alkymi"]\n"a" = "dansk"\n[klasse]\n"B" = []')
    text = GOOD.replace("emu", "E").replace("app", "spil") + '[placements]\ncrosswalk = "fag.toml"\nsubjects = "{}"\n'
    with pytest.raises(DataFileRefused) as refused:
        load_mapping(str(_write(tmp_path, text)), shipped())
    assert [fault.place for fault in refused.value.faults] == [
        "source",
        "placements.subjects",
        "klasse",
        "subject.A",
        "subject.a",
        "subject.a",
        "fields.form",
    ]
    assert str(refused.value).count("\n") == 6


@pytest.mark.parametrize("name", ["nothing", "../mappings/khan_academy", "nothing.toml", ""])
def test_a_mapping_that_is_not_there_is_said(name: str) -> None:
    with pytest.raises(DataFileRefused) as refused:
        load_mapping(name, shipped())
    assert len(refused.value.faults) == 1


@pytest.mark.parametrize(
    ("written", "values", "text"),
    [
        ("Emu", {}, "Emu"),
        ("https://eksempel.dk/{id}", {"id": "7"}, "https://eksempel.dk/7"),
        ("https://eksempel.dk/{id}", {"id": None}, ""),
        ("{a}-{b}", {"a": "x"}, ""),
        ("{{{a}}}", {"a": "x"}, "{x}"),
        (["{a}", "{b}", "ellers"], {"b": "y"}, "y"),
        (["{a}", "{b}", "ellers"], {}, "ellers"),
    ],
)
def test_a_template_gives_text_only_when_all_its_columns_do(
    written: str | list[str], values: dict[str, str | None], text: str
) -> None:
    assert compile_templates(written).render(values) == text


@pytest.mark.parametrize("written", ["{", "}", "{}", "{ }", "a{b", "{a}}"])
def test_a_brace_without_a_column_is_a_mistake(written: str) -> None:
    with pytest.raises(TemplateWrong):
        compile_templates(written)


def _write(folder: Path, text: str) -> Path:
    path = folder / "min.toml"
    path.write_text(text, encoding="utf-8")
    return path
