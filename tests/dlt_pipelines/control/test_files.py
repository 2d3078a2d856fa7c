from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import StorageError


@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=4))
def test_the_last_write_is_what_is_there_and_nothing_else(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new" / "state.json"
        for content in contents:
            write_atomically(path, content)
        assert path.read_bytes() == contents[-1]
        assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_has_the_mode_asked_for(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    path.chmod(0o777)
    write_atomically(path, b"new", mode=mode)
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "state.json"
    write_atomically(path, b"old")
    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(StorageError, match=r"STG001.*state\.json.*No space left"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="STG001"):
        write_atomically(tmp_path / "file" / "state.json", b"new")


def test_readers_see_one_content_or_the_other(tmp_path: Path) -> None:
    path, contents = tmp_path / "state.json", (b"a" * 100_000, b"b" * 50_000)
    write_atomically(path, contents[0])
    done = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        write_atomically(path, contents[number % 2])
    done.set()
    reader.join()
    assert seen <= set(contents)
