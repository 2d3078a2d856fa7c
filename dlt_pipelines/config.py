"""The one place that reads the environment.

Values are looked up as dlt looks them up: environment variables, then `.env`, then
`.dlt/secrets.toml`, then `.dlt/config.toml`, then the setting's default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.settings import SETTINGS, Setting

PROJECT_ROOT = Path(__file__).resolve().parents[1]
_URL_SECRETS = re.compile(r"(?<=://)[^/@]*@|(?<=\?).*")


@dataclass(frozen=True)
class Value:
    """What a setting is and where it comes from; `text` None means not set."""

    setting: Setting
    text: str | None
    origin: str

    @property
    def shown(self) -> str:
        """The value for people: secrets show that they are set, never what they are."""
        if not self.text:
            return ""
        if not self.setting.secret and "://" in self.text:
            return _URL_SECRETS.sub("***", self.text)
        return "***" if self.setting.secret else self.text


_BY_NAME = {setting.name: setting for setting in SETTINGS}
_DOTENV = ".env"
_BUCKET = re.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_UNUSABLE = re.compile(r"['%?*\[\]]")
_MOST_DAYS = 36_500
_LEAST, _MOST = 1e-6, 1_000_000_000
"""In seconds the most that sockets and sleeps take with room to spare, also at the least rate."""


def load_dotenv() -> frozenset[str]:
    """Adds what only `.env` sets to the environment, so that dlt sees it; returns the names.

    Raises CFG001 when the file cannot be read.
    """
    path = PROJECT_ROOT / _DOTENV
    try:
        values = {key: text for key, text in dotenv_values(path).items() if text}
    except (OSError, ValueError) as error:  # not UTF-8
        raise ConfigurationError(f"cannot be read: {error}", file=path) from error
    added = {key: text for key, text in values.items() if key not in os.environ}
    os.environ.update(added)
    return frozenset(added)


_FROM_DOTENV = load_dotenv()


def lookup(name: str) -> Value:
    """The value of a setting by its name in `SETTINGS`."""
    setting = _BY_NAME[name]
    for origin, text in _candidates(name):
        if text is not None:
            return Value(setting, text, origin)
    return Value(setting, setting.default, "default" if setting.default else "not set")


def _candidates(name: str) -> Iterator[tuple[str, str | None]]:
    yield (_DOTENV if name in _FROM_DOTENV else "environment"), os.environ.get(name)
    for file in ("secrets.toml", "config.toml"):
        yield f".dlt/{file}", _from_toml(PROJECT_ROOT / ".dlt" / file, name)


def _from_toml(path: Path, name: str) -> str | None:
    import tomllib

    try:
        node: object = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # not TOML, or not UTF-8
        raise ConfigurationError(f"cannot be read: {error}", file=path) from error
    for part in name.lower().split("__"):
        node = node.get(part) if isinstance(node, dict) else None
    return None if node is None else str(node)


def required(name: str) -> str:
    """A setting's value. Raises CFG001 saying where to set it."""
    value = lookup(name)
    if not value.text:
        raise ConfigurationError(
            f"{name} is not set: {value.setting.description}. Set it in the environment, in .env or"
            f" in .dlt/{'secrets' if value.setting.secret else 'config'}.toml"
            " (`hallmark config` shows what is in force)"
        )
    return value.text


def text(name: str) -> str:
    """A setting's value, "" when it is not set."""
    return lookup(name).text or ""


def number(name: str) -> float:
    """A setting that must be a positive number that a clock can wait for. Raises CFG001."""
    value = required(name)
    parsed = _parsed(value)
    if not _LEAST <= parsed <= _MOST:
        raise ConfigurationError(
            f"{name} must be a positive number, from {_LEAST:.6f} to {_MOST:,}", value=value
        )
    return parsed


def optional_number(name: str) -> float | None:
    """As `number`, None when it is not set. Raises CFG001."""
    return number(name) if text(name) else None


def whole_number(name: str) -> int:
    """A setting that must be a whole number of at least 1, in digits alone. Raises CFG001."""
    value = required(name)
    digits = value.strip()  # dlt reads some of them too, and takes no 3.0 and no 1e3
    if not re.fullmatch("[0-9]{1,10}", digits) or not 1 <= int(digits) <= _MOST:
        raise ConfigurationError(f"{name} must be a whole number, from 1 to {_MOST:,}", value=value)
    return int(digits)


def _parsed(value: str) -> float:
    """A number that no range has where it is none."""
    try:
        return float(value)
    except ValueError:
        return float("nan")


def choice(name: str, *allowed: str) -> str:
    """A setting that must be one of `allowed`, in any case. Raises CFG001."""
    value = required(name)
    if value.upper() not in allowed:
        raise ConfigurationError(f"{name} must be one of {', '.join(allowed)}", value=value)
    return value.upper()


def check() -> None:
    """Raises CFG001 for the first of the settings of any load that is wrong."""
    whole_number("RUNTIME__REQUEST_MAX_ATTEMPTS")
    log_level()
    default_days()
    max_page_size()
    landing_url()


def log_level() -> str:
    return choice("LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR")


def default_days() -> int | None:
    """What `--days` is when it is not given. Raises CFG001."""
    days = whole_number("DEFAULT_DAYS") if text("DEFAULT_DAYS") else None
    if days is not None and days > _MOST_DAYS:
        raise ConfigurationError(f"DEFAULT_DAYS must be at most {_MOST_DAYS}", value=days)
    return days


def max_page_size() -> int | None:
    """Rows that a page may have, whatever a contract allows. Raises CFG001."""
    return whole_number("MAX_PAGE_SIZE") if text("MAX_PAGE_SIZE") else None


def secrets() -> list[str]:
    """Every secret in force, to be kept out of what is printed."""
    return [value for each in SETTINGS if each.secret and (value := lookup(each.name).text)]


def data_dir() -> Path:
    """Where everything a run leaves lives, absolute; a relative path counts from the project.

    Raises CFG001 for a path that not everything that works in it can open.
    """
    given = required("LOCAL_DATA_DIR")
    try:
        path = (PROJECT_ROOT / Path(given).expanduser()).resolve()
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:  # too long, a loop, no such user, a NUL
        raise ConfigurationError(f"LOCAL_DATA_DIR cannot be used: {error}", value=given) from error
    if _UNUSABLE.search(str(path)):
        raise ConfigurationError(
            "LOCAL_DATA_DIR must be a path without ' % ? * [ ]: dlt and DuckDB do not open such"
            " files and patterns do not find them",
            value=path,
        )
    return path


def registry_url() -> str:
    """Where the contract registry keeps its data, a database URL."""
    return text("REGISTRY__DATABASE_URL") or f"sqlite:///{data_dir() / 'registry.sqlite'}"


def warehouse_path() -> Path:
    return data_dir() / "warehouse.duckdb"


def state_dir() -> Path:
    return data_dir() / "_state"


def landing_url() -> str:
    """Where pages land, an fsspec URL. Raises CFG001: AWS without a bucket, a relative path."""
    on_aws = choice("PIPELINE_ENV", "LOCAL", "AWS") == "AWS"
    default = f"s3://{_bucket()}/bronze" if on_aws else str(data_dir() / "bronze")
    given = text("LANDING__URL")
    if given and "://" not in given and not Path(given).is_absolute():
        # It would land wherever the command was started, personal data among the project's files.
        raise ConfigurationError("LANDING__URL must be a URL or an absolute path", value=given)
    return given or default


def _bucket() -> str:
    name = text("S3_BUCKET")
    if not name:
        raise ConfigurationError(
            "S3_BUCKET is required when PIPELINE_ENV=AWS: set it to the name of the landing's"
            " bucket, or PIPELINE_ENV to LOCAL"
        )
    if not _BUCKET.fullmatch(name):
        raise ConfigurationError("S3_BUCKET must be a bucket's name alone", value=name)
    return name
