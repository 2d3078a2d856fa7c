from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.settings import SETTINGS, Setting

SECRET = "sk_test_0123456789abcdef"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with nothing configured."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    monkeypatch.setattr(config, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(config, "_FROM_DOTENV", frozenset())
    (tmp_path / ".dlt").mkdir()
    return tmp_path


def write(project: Path, name: str, text: str) -> None:
    (project / ".dlt" / name).write_text(text, "utf-8")


def test_a_default_counts_when_nothing_is_configured() -> None:
    value = config.lookup("LOCAL_DATA_DIR")
    assert (value.text, value.origin) == ("data", "default")


def test_a_setting_without_default_is_not_set() -> None:
    value = config.lookup("SOURCES__PAYMENTS__BASE_URL")
    assert (value.text, value.origin, value.shown) == (None, "not set", "")


def test_environment_then_secrets_then_config_then_default(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "SOURCES__PAYMENTS__API_VERSION"
    origins = []
    write(project, "config.toml", '[sources.payments]\napi_version = "from config"\n')
    origins.append(config.lookup(name))
    write(project, "secrets.toml", '[sources.payments]\napi_version = "from secrets"\n')
    origins.append(config.lookup(name))
    monkeypatch.setenv(name, "from environment")
    origins.append(config.lookup(name))
    assert [(value.text, value.origin) for value in origins] == [
        ("from config", ".dlt/config.toml"),
        ("from secrets", ".dlt/secrets.toml"),
        ("from environment", "environment"),
    ]


def test_a_dotenv_value_is_added_and_the_environment_wins(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__ZEPHYR__TOKEN", "from environment")
    monkeypatch.setenv("MOCK__KEY", "")
    monkeypatch.delenv("MOCK__KEY")  # so that it is taken away again at the end
    (project / ".env").write_text(
        "SOURCES__ZEPHYR__TOKEN=from dotenv\nMOCK__KEY=from dotenv\nPII__KEY=\n", "utf-8"
    )
    added = config.load_dotenv()
    monkeypatch.setattr(config, "_FROM_DOTENV", added)
    assert added == {"MOCK__KEY"}
    assert config.lookup("MOCK__KEY").origin == ".env"
    assert config.lookup("MOCK__KEY").text == "from dotenv"
    assert config.lookup("SOURCES__ZEPHYR__TOKEN").text == "from environment"
    assert config.lookup("SOURCES__ZEPHYR__TOKEN").origin == "environment"


def test_a_number_in_toml_is_text_here(project: Path) -> None:
    write(project, "config.toml", "[runtime]\nrequest_timeout = 2.5\n")
    assert config.number("RUNTIME__REQUEST_TIMEOUT") == 2.5


@pytest.mark.parametrize("toml", ["sources = 1\n", "[sources]\npayments = 1\n", ""])
def test_a_section_that_is_none_sets_nothing(project: Path, toml: str) -> None:
    write(project, "config.toml", toml)
    assert config.lookup("SOURCES__PAYMENTS__BASE_URL").text is None


@pytest.mark.parametrize("broken", [f'api_key = "{SECRET}'.encode(), b"\xff\xfe", b"= 1"])
def test_a_broken_file_is_named_and_its_values_are_not(project: Path, broken: bytes) -> None:
    (project / ".dlt" / "secrets.toml").write_bytes(broken)
    with pytest.raises(ConfigurationError, match=r"CFG001.*secrets\.toml") as caught:
        config.text("PII__KEY")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "file"),
    [("SOURCES__PAYMENTS__API_KEY", "secrets"), ("SOURCES__PAYMENTS__BASE_URL", "config")],
)
@pytest.mark.parametrize("empty", [None, ""])
def test_a_missing_setting_says_where_to_set_it(
    name: str, file: str, empty: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if empty is not None:
        monkeypatch.setenv(name, empty)
    with pytest.raises(ConfigurationError, match=rf"CFG001.*{name} is not set.*\.dlt/{file}\.toml"):
        config.required(name)


@given(st.floats().filter(lambda number: not 1e-6 <= number <= 1e9) | st.text("abc ,.-"))
def test_a_number_is_positive_and_no_longer_than_a_clock_can_wait(value: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNTIME__REQUEST_TIMEOUT", str(value))
        with pytest.raises(ConfigurationError, match=r"CFG001.*RUNTIME__REQUEST_TIMEOUT"):
            config.number("RUNTIME__REQUEST_TIMEOUT")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("3", True),
        (" 3 ", True),
        ("3.0", False),
        ("3e0", False),
        ("2.5", False),
        ("0", False),
        ("nan", False),
        ("some", False),
    ],
)
def test_a_whole_number_is_at_least_1_and_in_digits(
    text: str, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", text)
    if good:
        assert config.whole_number("RUNTIME__REQUEST_MAX_ATTEMPTS") == 3
        return
    with pytest.raises(ConfigurationError, match=r"CFG001.*whole number, from 1 to"):
        config.whole_number("RUNTIME__REQUEST_MAX_ATTEMPTS")


def test_a_url_is_shown_without_what_may_be_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDING__URL", f"s3://user:{SECRET}@bucket/bronze?key={SECRET}")
    shown = config.lookup("LANDING__URL").shown
    assert SECRET not in shown
    assert "bucket/bronze" in shown


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_secret_is_masked_and_nothing_else(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting.name, SECRET)
    assert config.lookup(setting.name).shown == ("***" if setting.secret else SECRET)


def test_keys_and_tokens_are_secret() -> None:
    secret = ("KEY", "TOKEN", "DATABASE_URL")
    named = {each.name for each in SETTINGS if each.name.endswith(secret)}
    assert named == {each.name for each in SETTINGS if each.secret}


def test_a_relative_data_folder_counts_from_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.data_dir() == project / "data"
    monkeypatch.setenv("LOCAL_DATA_DIR", "other/../elsewhere")
    assert config.data_dir() == project / "elsewhere"
    monkeypatch.setenv("LOCAL_DATA_DIR", "/srv/data")
    assert config.warehouse_path() == Path("/srv/data/warehouse.duckdb")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("LOCAL_DATA_DIR", "~/data")
    assert config.state_dir() == Path("/home/someone/data/_state")


@pytest.mark.parametrize(
    "given",
    ["/srv/" + "x" * 300, "~nobody-has-this-name/data", "/srv/\0"],
    ids=["too long", "of nobody", "with a NUL"],
)
def test_what_is_no_path_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "required", lambda name: given)  # no environment holds a NUL
    with pytest.raises(ConfigurationError, match=r"CFG001.*LOCAL_DATA_DIR cannot be used"):
        config.data_dir()


@pytest.mark.parametrize("name", ["o'brien", "100%", "what?", "a*b", "data[1]"])
def test_a_data_folder_that_dlt_or_duckdb_cannot_open_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_DATA_DIR", str(tmp_path / name / "data"))
    with pytest.raises(ConfigurationError, match=r"CFG001.*LOCAL_DATA_DIR must"):
        config.data_dir()


def test_the_landing_is_below_the_data_unless_configured(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.landing_url() == str(project / "data" / "bronze")
    monkeypatch.setenv("LANDING__URL", "s3://bucket/bronze")
    assert config.landing_url() == "s3://bucket/bronze"


def test_a_dotenv_that_is_not_utf_8_is_a_configuration_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_bytes(b"PII__KEY=\xff\xfe")
    monkeypatch.setattr(config, "PROJECT_ROOT", tmp_path)
    with pytest.raises(ConfigurationError, match=r"CFG001.*\.env"):
        config.load_dotenv()


def test_on_aws_pages_land_in_the_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_ENV", "aws")
    with pytest.raises(
        ConfigurationError, match=r"CFG001.*S3_BUCKET is required when PIPELINE_ENV=AWS"
    ):
        config.landing_url()
    monkeypatch.setenv("S3_BUCKET", "landing.example")
    assert config.landing_url() == "s3://landing.example/bronze"
    monkeypatch.setenv("LANDING__URL", "s3://elsewhere/pages")
    assert config.landing_url() == "s3://elsewhere/pages"


@pytest.mark.parametrize("name", ["s3://bucket", "bucket/folder", "Bucket", "b", "a b", "b" * 64])
def test_a_bucket_is_a_name_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_ENV", "AWS")
    monkeypatch.setenv("S3_BUCKET", name)
    with pytest.raises(ConfigurationError, match="a bucket's name alone"):
        config.landing_url()


def test_without_being_set_they_limit_nothing() -> None:
    config.check()
    assert (config.default_days(), config.max_page_size()) == (None, None)
    assert config.log_level() == "INFO"


def test_what_is_set_is_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"DEFAULT_DAYS": "7", "MAX_PAGE_SIZE": "50", "LOG_LEVEL": "warning"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert (config.default_days(), config.max_page_size()) == (7, 50)
    assert config.log_level() == "WARNING"


WRONG = [
    ("PIPELINE_ENV", "AZURE"),
    ("LOG_LEVEL", "LOUD"),
    ("DEFAULT_DAYS", "0"),
    ("DEFAULT_DAYS", "1.5"),
    ("DEFAULT_DAYS", "36501"),
    ("MAX_PAGE_SIZE", "-1"),
    ("MAX_PAGE_SIZE", "many"),
    ("MAX_PAGE_SIZE", "nan"),
    ("RUNTIME__REQUEST_MAX_ATTEMPTS", "0"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_a_configuration_error_that_names_the_setting(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"CFG001.*{name} must"):
        config.check()


@pytest.mark.parametrize("given", ["bronze", "~/bronze", "./data/bronze"])
def test_pages_do_not_land_wherever_a_command_was_started(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDING__URL", given)
    with pytest.raises(ConfigurationError, match=r"CFG001.*LANDING__URL must be a URL or"):
        config.landing_url()
