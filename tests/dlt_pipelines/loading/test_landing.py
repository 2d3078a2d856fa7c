from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import fsspec
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.errors import ConfigurationError, StorageError
from dlt_pipelines.loading import landing
from dlt_pipelines.loading.landed import partitions
from dlt_pipelines.loading.landing import Landing, Partition
from dlt_pipelines.loading.parts import Page, read_own_page, read_page

NOW = datetime(2026, 11, 20, 15, 51, 26, tzinfo=UTC)
FOLDER = "source=shop/entity=orders/dt=2026-11-20/run_id=run_1"


def page(body: bytes) -> Page:
    return Page(request="/v1/orders?limit=2", received_at=NOW, body=msgspec.Raw(body))


def partition(url: str) -> Partition:
    return Landing(url).partition(
        source="shop", entity="orders", day=date(2026, 11, 20), run_id="run_1"
    )


def write(url: str, body: bytes) -> str:
    return partition(url).write(page(body))


def landed(folder: Path, *bodies: bytes) -> dict[str, Any]:
    """The metadata of a partition of one page with these rows."""
    part = partition(str(folder))
    part.write(page(b"[" + b",".join(bodies) + b"]"))
    part.finish({"source": "shop"})
    metadata: dict[str, Any] = json.loads((folder / FOLDER / "_metadata.json").read_bytes())
    return metadata


def test_a_page_comes_back_byte_for_byte(tmp_path: Path) -> None:
    body = b'{\n  "data": [ {"id": "or_1", "price": 1.10} ],\n "has_more": false}'
    name = write(str(tmp_path), body)
    back = read_page((tmp_path / FOLDER / name).read_bytes())
    assert bytes(back.body) == body
    assert (back.request, back.received_at) == ("/v1/orders?limit=2", NOW)


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda part: part.write_bytes(b"other"), id="changed"),
        pytest.param(lambda part: part.rename(part.with_name("part-00001.json.zst")), id="renamed"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_not_read(
    tmp_path: Path, tamper: Callable[[Path], object]
) -> None:
    landed(tmp_path, b'{"id": "or_1"}')
    (found,) = partitions(Landing(str(tmp_path)), "shop")
    assert found.page("part-00000.json.zst").request == "/v1/orders?limit=2"
    tamper(tmp_path / FOLDER / "part-00000.json.zst")
    (name,) = (path.name for path in (tmp_path / FOLDER).glob("part-*"))
    with pytest.raises(StorageError, match=r"STG001.*damaged"):
        found.page(name)


def test_a_page_with_half_a_character_comes_back_byte_for_byte(tmp_path: Path) -> None:
    body = rb'{"data":[{"id":"or_1","note":"cut off \ud83d"}]}'
    data = (tmp_path / FOLDER / write(str(tmp_path), body)).read_bytes()
    assert bytes(read_page(data).body) == bytes(read_own_page(data).body) == body


@given(
    st.dictionaries(st.text() | st.just("body"), st.text() | st.just(',"body":')),
    st.text() | st.just('/v1/orders?q=,"body":'),
)
def test_any_page_comes_back(content: dict[str, str], request: str) -> None:
    fs = fsspec.filesystem("memory")
    written = Page(request=request, received_at=NOW, body=msgspec.Raw(msgspec.json.encode(content)))
    name = partition("memory://bronze").write(written)
    data = fs.cat_file(f"/bronze/{FOLDER}/{name}")
    assert read_page(data) == read_own_page(data) == written


def test_parts_are_numbered_and_the_checksums_cover_every_file(tmp_path: Path) -> None:
    part = partition(str(tmp_path))
    names = [part.write(page(b"[%d]" % number)) for number in range(3)]
    part.finish({"record_count": 3})
    assert names == [f"part-0000{number}.json.zst" for number in range(3)]
    folder = tmp_path / FOLDER
    listed = json.loads((folder / "_checksums.json").read_bytes())["files"]
    assert [each["path"] for each in listed] == ["_metadata.json", *names]
    for each in listed:
        data = (folder / each["path"]).read_bytes()
        assert each["size_bytes"] == len(data)
        assert each["sha256"] == hashlib.sha256(data).hexdigest()
    assert {path.name for path in folder.iterdir()} == {*names, "_metadata.json", "_checksums.json"}


def test_a_partition_is_unfinished_until_its_checksums_are_there(tmp_path: Path) -> None:
    part = partition(str(tmp_path))
    part.write(page(b"[]"))
    assert not (tmp_path / FOLDER / "_checksums.json").exists()


def test_the_metadata_tells_pages_and_times(tmp_path: Path) -> None:
    metadata = landed(tmp_path, b'{"id":1}')
    assert metadata["source"] == "shop"
    assert metadata["page_count"] == 1
    assert metadata["started_at"] <= metadata["finished_at"]


def test_only_the_owner_can_look_into_a_local_landing(tmp_path: Path) -> None:
    folder = tmp_path / "bronze"
    name = write(str(folder), b"[]")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / FOLDER / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", ["{folder}", "memory://again"])
def test_a_run_that_starts_over_leaves_nothing_of_its_first_attempt(
    place: str, tmp_path: Path
) -> None:
    url = place.format(folder=tmp_path)
    first = partition(url)
    names = [first.write(page(b"[1]")), first.write(page(b"[2]"))]
    first.finish({})
    write(url, b"[3]")
    landing = Landing(url)
    assert landing.files(FOLDER) == names[:1]
    assert bytes(read_page(landing.get(f"{FOLDER}/{names[0]}")).body) == b"[3]"


@pytest.mark.parametrize("url", ["nonsense://bucket", "{file}/bronze", "memory://a[1]"])
def test_a_landing_that_cannot_be_used_is_a_configuration_error(tmp_path: Path, url: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"CFG001.*LANDING__URL"):
        Landing(url.format(file=tmp_path / "file"))


def test_a_full_disk_is_a_storage_error(tmp_path: Path) -> None:
    part = partition(str(tmp_path))
    (tmp_path / "source=shop").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="STG001"):
        part.write(page(b"[]"))


class NoCredentialsError(Exception):
    """As the one of botocore, which is no OSError."""


@pytest.mark.parametrize("kind", [PermissionError, NoCredentialsError])
def test_an_object_store_that_refuses_is_a_storage_error(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise kind("access denied")

    part = partition("memory://bronze")
    monkeypatch.setattr(fsspec.filesystem("memory"), "pipe_file", refuse)
    with pytest.raises(StorageError, match=r"STG001.*landing.*access denied"):
        part.write(page(b"[]"))


def test_pages_are_compressed(tmp_path: Path) -> None:
    body = b'[{"id":1}' + b',{"id":1}' * 1000 + b"]"
    name = write(str(tmp_path), body)
    assert (tmp_path / FOLDER / name).stat().st_size < len(body) / 10


def test_another_process_can_read_a_page_when_its_write_returns(tmp_path: Path) -> None:
    name = partition(str(tmp_path)).write(page(b"[1]"))
    assert bytes(read_page((tmp_path / FOLDER / name).read_bytes()).body) == b"[1]"


def test_parts_written_from_many_threads_have_numbers_of_their_own(tmp_path: Path) -> None:
    part = partition(str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda number: part.write(page(b"%d" % number)), range(100)))
    part.finish({})
    assert len(set(names)) == 100
    found = [bytes(part.read(name).body) for name in names]
    assert found == [b"%d" % number for number in range(100)]
    listed = json.loads((tmp_path / FOLDER / "_checksums.json").read_bytes())["files"]
    assert len(listed) == 101


@pytest.mark.parametrize("before", [0, 3], ids=["one attempt", "resumed"])
def test_every_part_is_on_the_disk_before_the_checksums_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    synced: set[str] = set()
    monkeypatch.setattr(landing, "sync", lambda path: synced.add(path.name))
    first = partition(str(tmp_path))
    names = [first.write(page(b"%d" % number)) for number in range(before)]
    part = resumed(tmp_path) if before else first
    with ThreadPoolExecutor(8) as pool:
        names += pool.map(lambda number: part.write(page(b"%d" % number)), range(200))
    monkeypatch.setattr(
        Landing, "put", lambda self, name, data: put(self, name, data, missing=set(names) - synced)
    )
    part.finish({})
    assert (tmp_path / FOLDER / "_checksums.json").exists()
    assert Path(FOLDER).name in synced


def put(of: Landing, name: str, data: bytes, *, missing: set[str]) -> None:
    assert not name.endswith("_checksums.json") or not missing
    Path(of.path(name)).write_bytes(data)


def resumed(tmp_path: Path, day: date = date(2026, 11, 21)) -> Partition:
    return Landing(str(tmp_path)).partition(
        source="shop", entity="orders", day=day, run_id="run_1", resumed=True
    )


def test_a_resumed_partition_is_the_one_that_was_begun_and_goes_on_numbering(
    tmp_path: Path,
) -> None:
    first = partition(str(tmp_path))
    first.window({"since": 5})
    names = [first.write(page(b"[1]")), first.write(page(b"[2]"))]
    again = resumed(tmp_path)
    assert (again.folder, again.finished) == (FOLDER, False)
    assert again.landed == {"/v1/orders?limit=2": names[1]}
    assert again.window({"since": 9}) == {"since": 5}
    assert again.write(page(b"[3]")) == "part-00002.json.zst"
    again.finish({})
    listed = json.loads((tmp_path / FOLDER / "_checksums.json").read_bytes())["files"]
    assert [each["path"] for each in listed] == [
        "_metadata.json",
        "_window.json",
        *names,
        "part-00002.json.zst",
    ]


def test_a_part_that_a_crash_left_damaged_is_passed_over(tmp_path: Path) -> None:
    name = partition(str(tmp_path)).write(page(b"[1]"))
    part = tmp_path / FOLDER / name
    part.write_bytes(part.read_bytes()[:-9])
    again = resumed(tmp_path)
    assert again.landed == {}
    assert again.write(page(b"[2]")) == "part-00001.json.zst"


def test_a_partition_that_was_finished_stays_as_it_is(tmp_path: Path) -> None:
    first = partition(str(tmp_path))
    first.write(page(b"[1]"))
    first.finish({"record_count": 1})
    before = (tmp_path / FOLDER / "_checksums.json").read_bytes()
    again = resumed(tmp_path)
    assert again.finished
    again.finish({"record_count": 9})
    assert (tmp_path / FOLDER / "_checksums.json").read_bytes() == before


def test_what_comes_into_a_finished_partition_is_in_its_checksums(tmp_path: Path) -> None:
    first = partition(str(tmp_path))
    first.write(page(b"[1]"))
    first.finish({"record_count": 1})
    again = resumed(tmp_path)
    name = again.write(page(b"[2]"))
    again.finish({"record_count": 2})
    (landed_here,) = partitions(Landing(str(tmp_path)), "shop")
    assert bytes(landed_here.page(name).body) == b"[2]"


def test_numbering_goes_on_after_a_hundred_thousand_parts(tmp_path: Path) -> None:
    part = tmp_path / FOLDER / partition(str(tmp_path)).write(page(b"[1]"))
    for number in (99_999, 100_000):
        shutil.copy(part, part.with_name(f"part-{number}.json.zst"))
    assert resumed(tmp_path).write(page(b"[2]")) == "part-100001.json.zst"


@pytest.mark.parametrize(
    ("kept", "since", "asked"),
    [
        (b'{"since": 5}', 3, 3),
        (b'{"since": 5}', None, None),
        (b'{"since": null}', 3, None),
        (b'{"since": 5', 9, 9),
        (b'{"since": "5"}', 9, 9),
        (b"{}", 9, 9),
    ],
    ids=["begins later", "not the whole", "the whole", "cut off", "no number", "empty"],
)
def test_a_kept_window_counts_only_where_it_leaves_nothing_out(
    kept: bytes, since: int | None, asked: int | None, tmp_path: Path
) -> None:
    partition(str(tmp_path)).window({"since": 7})
    (tmp_path / FOLDER / "_window.json").write_bytes(kept)
    assert resumed(tmp_path).window({"since": since}) == {"since": asked}


def test_nothing_to_resume_begins_a_partition(tmp_path: Path) -> None:
    fresh = resumed(tmp_path)
    assert (fresh.folder, fresh.landed) == (FOLDER.replace("-20", "-21"), {})
    assert fresh.window({"since": 5}) == {"since": 5}


def test_what_is_answered_after_the_run_has_ended_does_not_land(tmp_path: Path) -> None:
    """An attempt that goes on would meet a page that nobody has counted."""
    whole = Landing(str(tmp_path))
    part = whole.partition(source="shop", entity="orders", day=date(2026, 11, 20), run_id="run_1")
    part.write(page(b"[]"))
    before = sorted(tmp_path.rglob("*"))
    whole.close()
    with pytest.raises(StorageError, match=r"STG001.*the run has ended"):
        part.write(page(b"[]"))
    assert sorted(tmp_path.rglob("*")) == before
