from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts.json_schema import compare, json_text, parse_schema
from contracts.registry.database import Database
from dlt_pipelines.errors import ExtractionError
from scripts.benchmarks import registry
from scripts.benchmarks.registry import Sizes, measured
from scripts.benchmarks.registry_client import Client, diff, latest
from scripts.benchmarks.registry_server import serving
from scripts.benchmarks.registry_store import ONE, datasets, schema, seed

TINY = Sizes(small=20, large=150, one=30, fields=20, rounds=4, clients=2, ingests=3)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    url = f"sqlite:///{tmp_path_factory.mktemp('bench') / 'r.sqlite'}"
    database = Database(url)
    assert seed(database, versions=130, one=25) == {ONE: 25, "dataset-1": 100, "dataset-2": 5}
    database.close()
    with serving(url) as found:
        yield found


def test_a_history_has_as_many_versions_as_it_should() -> None:
    found = datasets(100_000, 2_000)
    assert sum(found.values()) == 100_000 and found[ONE] == 2_000
    assert max(count for name, count in found.items() if name != ONE) == 100


def test_what_was_seeded_is_what_the_registry_would_have_stored(port: int) -> None:
    body = Client(port).get(latest(ONE))
    assert b'"version":25,"is_current":true' in body
    text = json_text.encode(schema(12, version=25, more=25 % 7))
    assert body.endswith(b'"schema_json":' + text + b"}")
    assert parse_schema(text).sha256.encode() in body
    assert b'"classification"' in Client(port).get(diff(ONE, 1, 25))


def test_the_bare_route_answers_as_many_bytes_as_it_is_asked_for(port: int) -> None:
    assert len(Client(port).get("/bare/1234")) == 1234


def test_a_wrong_answer_has_no_speed(port: int) -> None:
    with pytest.raises(ExtractionError):
        Client(port).get(latest("nobody"))


def test_every_figure_is_measured() -> None:
    said: list[str] = []
    figures = measured(TINY, registry.PARTS, said.append)
    assert {each.part for each in figures} == set(registry.PARTS)
    (errors,) = [each for each in figures if each.what.startswith("errors")]
    assert errors.value == 0 and errors.met
    assert all(each.value > 0 for each in figures if each is not errors)
    assert sum("150 versions to 20" in each.what for each in figures) == 2
    assert said


def test_the_large_schemas_differ() -> None:
    base, new = (
        parse_schema(json_text.encode(schema(30 - more, version=more, more=more)))
        for more in (0, 10)
    )
    assert compare(base, new).changes


def test_help_says_what_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        registry.main(["--only", "x"])
    assert "must be some of g,h,i" in capsys.readouterr().err
