"""docs/schools.md is right: its mapping can be read, its tables name what there is."""

import re
from pathlib import Path

from catalog.organisations.lists.mapping import load_mapping, shipped_names
from catalog.organisations.models import CodeScheme
from catalog.vocabularies.region import Region
from tests.catalog.organisations.lists.files import read

TEXT = (Path(__file__).parents[3] / "docs" / "schools.md").read_text(encoding="utf-8")


def test_every_scheme_and_every_mapping_is_named() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert rows == [*CodeScheme, "stil", "skolenhetsregistret", "grunnskoler_no"]
    assert set(rows) >= set(shipped_names())


def test_the_mapping_in_the_text_reads_a_list(region: Region, tmp_path: Path) -> None:
    (written,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "skoler.toml").write_text(written, encoding="utf-8")
    mapping = str(tmp_path / "skoler.toml")
    assert load_mapping(mapping, region.vocabularies).own == "999"
    text = "Nr;Skole;Type;Fra;Til;Kommunenr;Status;EAN\n999101;Måsen;Folkeskoler;0;6;0999;Aktiv;5790000000005\n"
    found = read(tmp_path, region, text.encode(), mapping, "999")
    (draft,) = found.drafts
    assert (draft.name, draft.kind, draft.grades, draft.problems) == ("Måsen", "folkeskole", tuple("0123456"), ())
    assert [each.scheme for each in draft.codes] == ["gln", "stil"]
