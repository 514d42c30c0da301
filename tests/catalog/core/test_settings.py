"""Settings: what cannot be meant refuses to start and says the fix; everything that can be set is documented."""

import re
import stat
import threading
from pathlib import Path

import msgspec
import pytest

from catalog.core.settings import PREFIX, Settings, SettingsRefused, installation_secret, read_settings
from tests.conftest import ROOT

SENTENCE = re.compile(r"HYLDE_[A-Z_]+.*(:|;) .+[.?]")
RANDOM = "kx9-Vd2_pLq7Zr4Yt8Wm1Nc6Bh3Jf5Gs0"


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("COUNTRY", "no", "write one of dk, se"),
        ("LANGUAGE", "dansk", "write one of da, sv, en, (nothing)"),
        ("TIME_ZONE", "Europe/Sundby", "Europe/Copenhagen"),
        ("TIME_ZONE", "../../etc/passwd", "Europe/Copenhagen"),
        ("TIME_ZONE", "Europe", "Europe/Copenhagen"),
        ("BASE_URL", "hylde.example", "write https:// and a host name"),
        ("BASE_URL", "https://hylde.example/shelf", "without a path"),
        ("BASE_URL", "http://hylde.example", "write https://"),
        ("BASE_URL", "http://[::1", "write https:// and a host name"),
        ("BASE_URL", "https://hylde.example:http", "write https:// and a host name"),
        ("DATA_FOLDER", "", "write a folder"),
        ("DATA_FOLDER", __file__, "name a folder"),
        ("DATABASE_URL", "mysql://user@host/hylde", "write sqlite:///path or postgresql://"),
        ("DATABASE_URL", "hylde.sqlite", "write sqlite:///path or postgresql://"),
        ("DATABASE_URL", "postgresql://user@host:port/hylde", "write sqlite:///path or postgresql://"),
        ("SEARCH_URL", "elastic:9200", "write embedded:"),
        ("WORKER", "none", "write one of embedded, apart"),
        ("SECRET", "short", "write at least 32 random characters"),
        ("SECRET", "ab" * 40, "write at least 32 random characters"),
        ("VOCABULARIES", "/no/such/folder", "make it, or unset"),
        ("DEMO", "yes", "write 1 or 0"),
        ("LOG_LEVEL", "loud", "write one of debug, info, warning, error"),
        ("LOG_FORMAT", "xml", "write one of json, text"),
        ("MUNICIPALITY", "  ", "write the municipality's name"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_in_one_sentence_with_its_fix(name: str, value: str, fix: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read_settings({PREFIX + name: value})

    said = str(refused.value)
    assert said.splitlines() == [said]
    assert said.startswith(PREFIX + name)
    assert fix in said
    assert SENTENCE.fullmatch(said), said


def test_an_unknown_name_is_refused_with_the_nearest_that_exists() -> None:
    with pytest.raises(SettingsRefused, match=r"^HYLDE_DATABASE_URI is no setting; did you mean HYLDE_DATABASE_URL\?$"):
        read_settings({"HYLDE_DATABASE_URI": "sqlite:///hylde.sqlite"})
    with pytest.raises(SettingsRefused, match=r"^HYLDE_XYZ is no setting; see docs/settings\.md, or unset it\.$"):
        read_settings({"HYLDE_XYZ": "1"})


def test_all_wrong_settings_are_told_at_once_and_other_peoples_variables_are_not_ours() -> None:
    with pytest.raises(SettingsRefused) as refused:
        read_settings({"HYLDE_DEMO": "yes", "HYLDE_WORKER": "two", "HYLD_X": "1", "HYLDE_TEST_DATA": "x", "PATH": "/"})
    assert [line.split("=")[0] for line in str(refused.value).splitlines()] == ["HYLDE_DEMO", "HYLDE_WORKER"]


def test_no_refusal_repeats_a_secret() -> None:
    for name, value in (("SECRET", "hunter2"), ("DATABASE_URL", "mysql://u:hunter2@host/x")):
        with pytest.raises(SettingsRefused) as refused:
            read_settings({PREFIX + name: value})
        assert "hunter2" not in str(refused.value)


def test_control_values_that_can_be_meant_are_taken(tmp_path: Path) -> None:
    given = {
        "HYLDE_MUNICIPALITY": "Sundby Kommune",
        "HYLDE_COUNTRY": "se",
        "HYLDE_BASE_URL": "https://hylde.example:8443/",
        "HYLDE_DATABASE_URL": "postgresql://hylde@/hylde?host=/run/postgresql",
        "HYLDE_SECRET": RANDOM,
        "HYLDE_VOCABULARIES": str(tmp_path),
        "HYLDE_DEMO": "1",
    }
    settings = read_settings(given)

    assert (settings.municipality, settings.is_https) == ("Sundby Kommune", True)
    assert (settings.default_language, settings.zone.key) == ("sv", "Europe/Stockholm")
    assert settings.database.startswith("postgresql://")
    assert read_settings({}).database == "sqlite:///data/hylde.sqlite"
    assert read_settings({"HYLDE_VOCABULARIES": ""}).vocabularies is None


def test_every_setting_has_a_row_in_the_documentation_with_its_default_and_nothing_else_has() -> None:
    rows = re.findall(r"^\| `HYLDE_([A-Z_]+)` \| ([^|]+) \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    defaults = {field.name.upper(): said(field.default) for field in msgspec.structs.fields(Settings)}
    assert {name: default.strip() for name, default in rows} == defaults
    assert len(rows) == len(defaults)


def said(default: object) -> str:
    if isinstance(default, bool):
        default = int(default)
    return f"`{default}`" if default not in {None, ""} else "(nothing)"


def test_a_secret_is_made_once_for_its_owners_eyes_only_and_kept(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "new" / "folder")
    made = installation_secret(settings)
    place = settings.data_folder / "secret"

    assert len(made) >= 48
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert installation_secret(settings) == made
    assert installation_secret(Settings(data_folder=tmp_path / "other")) != made
    assert installation_secret(Settings(data_folder=tmp_path / "third", secret=RANDOM)) == RANDOM.encode()
    assert not (tmp_path / "third").exists()


def test_processes_that_start_at_once_agree_on_one_whole_secret(tmp_path: Path) -> None:
    settings, together, made = Settings(data_folder=tmp_path), threading.Barrier(16), set[bytes]()

    def start() -> None:
        together.wait()
        made.add(installation_secret(settings))

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == {(tmp_path / "secret").read_bytes()}
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_secret_that_was_emptied_is_refused_rather_than_used(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    with pytest.raises(SettingsRefused, match="delete the file"):
        installation_secret(Settings(data_folder=tmp_path))
