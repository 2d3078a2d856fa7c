"""Words that describe columns are written once, and each is used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from dlt_pipelines import config

MODELS = config.PROJECT_ROOT / "dbt_project" / "models"
Node = dict[str, Any]


def own_blocks(manifest: Node) -> dict[str, str]:
    """The project's doc blocks, name and text, as one line."""
    return {
        block["name"]: line(block["block_contents"])
        for block in manifest["docs"].values()
        if block["package_name"] == "hallmark"
    }


def line(text: str) -> str:
    return " ".join(text.split())


def described(manifest: Node) -> Iterator[tuple[str, Node]]:
    """Every model and seed, and each column of theirs, with a name for it."""
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed"):
            yield node["name"], node
            for column in node["columns"].values():
                yield f"{node['name']}.{column['name']}", column


def test_blocks_are_kept_sorted() -> None:
    for path in MODELS.glob("**/*.md"):
        names = re.findall(r"{% docs (\w+) %}", path.read_text("utf-8"))
        assert names == sorted(names), path.name


def test_every_block_is_used(manifest: Node) -> None:
    texts = [path.read_text("utf-8") for path in config.PROJECT_ROOT.glob("dbt_project/**/*.yml")]
    used = {name for text in texts for name in re.findall(r"doc\('(\w+)'\)", text)}
    assert set(own_blocks(manifest)) - used == {"__overview__"}  # dbt's own: the first page


def test_what_is_said_in_three_places_is_a_block(manifest: Node) -> None:
    said = Counter(
        line(each["description"]) for _, each in described(manifest) if not each["doc_blocks"]
    )
    assert [text for text, count in said.items() if count > 2] == []


def test_what_a_block_says_is_not_written_again(manifest: Node) -> None:
    texts = set(own_blocks(manifest).values())
    copies = [
        name
        for name, each in described(manifest)
        if not each["doc_blocks"] and line(each["description"]) in texts
    ]
    assert copies == []


def test_seeds_are_documented_like_models(manifest: Node) -> None:
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    wrong = [
        f"{seed['name']}.{column['name']}"
        for seed in seeds
        for column in seed["columns"].values()
        if not column["data_type"] or not column["description"]
    ]
    undocumented = [
        seed["name"]
        for seed in seeds
        if not seed["description"].startswith("One row per ")
        or seed["columns"].keys() != head(seed)
    ]
    assert seeds
    assert (wrong, undocumented) == ([], [])


def head(seed: Node) -> set[str]:
    """The columns that the seed's file has."""
    text = (config.PROJECT_ROOT / seed["original_file_path"]).read_text("utf-8")
    return set(text.splitlines()[0].split(","))
