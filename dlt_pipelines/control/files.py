"""The one place that writes a local file: whole, or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dlt_pipelines.errors import StorageError


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """Writes `data` beside `path` and renames it into place; readers see the old file or the new.

    Unless `durable`, a crash of the machine, not of the process, may still damage it: `sync` later.

    Raises STG001 when the disk refuses (full, read-only, no such folder that could be made).
    """
    try:
        handle, temporary = _temporary(path, mode)
    except OSError as error:
        raise StorageError("cannot write", path=path, cause=error.strerror) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise StorageError("cannot write", path=path, cause=error.strerror) from error


def link_atomically(link: Path, target: str) -> None:
    """Makes `link` a symbolic link to `target`; readers meet the old one or the new.

    Not to be called twice at once for the same link. Raises STG001 when the disk refuses.
    """
    temporary = link.with_name(f".{link.name}")
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        temporary.replace(link)
    except OSError as error:
        raise StorageError("cannot write", path=link, cause=error.strerror) from error
    sync(link.parent)


def _temporary(path: Path, mode: int) -> tuple[int, str]:
    """An open file of a new name beside `path`; its folder is made when it is not there."""
    name = f"{path.parent}/.{path.name}.{secrets.token_hex(4)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        handle = os.open(name, flags, mode)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(name, flags, mode)
    return handle, name


def sync(path: Path) -> None:
    """Waits until a written file, or a folder's names, are on the disk. Raises STG001."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StorageError("cannot write", path=path, cause=error.strerror) from error
