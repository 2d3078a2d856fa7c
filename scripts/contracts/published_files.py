"""`contracts/published`: every version of every contract, a file each, never changed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts import published
from contracts.contract import Key
from contracts.odcs import FOLDER
from contracts.published import Published
from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import ConfigurationError, StateError
from scripts.models.baseline import git

PUBLISHED = FOLDER / "published"


def last_versions(day: date, folder: Path | None = None) -> dict[Key, Published]:
    """The last version of each contract. Raises CFG001 for a file that cannot be read."""
    contracts = _contracts(folder or PUBLISHED)
    found = (_read(max(files, key=_number), day) for files in contracts)
    return {each.contract.key: each for each in found}


def versions_from(first: int, last: Published, day: date) -> Iterator[Published]:
    """The versions of a contract from a number on. Raises STATE001 when one is missing."""
    for number in range(first, last.number + 1):
        path = PUBLISHED / published.file_of(last.contract.key, number)
        if not path.exists():
            raise StateError("a published version is gone; take it back from git", file=path)
        yield _read(path, day)


def versions_at(ref: str, day: date) -> dict[Key, Published]:
    """The last versions that were published at a commit. Raises CFG001 when git knows it not."""
    if not git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"):
        raise ConfigurationError("git knows no such branch or commit", ref=ref)
    archive = git("archive", ref, "--", PUBLISHED.relative_to(config.PROJECT_ROOT).as_posix())
    if not archive:
        return {}
    with TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
        return last_versions(day, Path(folder) / PUBLISHED.relative_to(config.PROJECT_ROOT))


def path_of(version: Published) -> Path:
    return PUBLISHED / published.file_of(version.contract.key, version.number)


def write(version: Published) -> None:
    """Writes a version's file. Raises STATE001 when it is there already, STG001 when it cannot."""
    path = path_of(version)
    if path.exists():
        raise StateError("a published version is never changed", file=path)
    write_atomically(path, published.text(version).encode())


def _contracts(folder: Path) -> Iterator[list[Path]]:
    for contract in sorted(folder.glob("*/*")):
        files = [path for path in contract.glob("*.yaml") if is_published(path)]
        if files:
            yield files


def _number(path: Path) -> int:
    return int(path.stem)


def is_published(path: Path) -> bool:
    """Whether a contract's file is a published version, by its name."""
    return path.stem.isdigit()


def read_published(path: Path, day: date) -> Published:
    """Raises CFG001."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"it cannot be read: {error}", file=path) from error
    return published.read(text, path, day)


def _read(path: Path, day: date) -> Published:
    found = read_published(path, day)
    if published.file_of(found.contract.key, found.number) != Path(*path.parts[-3:]):
        raise ConfigurationError("a published contract says that it is another one", file=path)
    return found
