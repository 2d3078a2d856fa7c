"""Who may read what: groups, access, versions, and the exposures at the end."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scripts.models.lineage import ways_down

Node = dict[str, Any]
READS = {
    "silver": {"silver"},
    "gold": {"silver", "gold"},
    "activation": {"gold"},
}


def layer(node: Node) -> str:
    return str(node["schema"])


def test_access_follows_the_layer(models: list[Node]) -> None:
    access = {"silver": "private", "gold": "protected", "activation": "public"}
    wrong = [
        model["name"]
        for model in models
        if model["access"] != ("private" if "int_" in model["name"][:4] else access[layer(model)])
    ]
    assert wrong == ["rejects"], "of both sources, and of no group"


def test_every_model_is_of_the_group_of_its_folder(models: list[Node]) -> None:
    groups = {"payments": "payments", "zephyr": "testing", "testing": "testing"}
    wrong = [
        model["name"]
        for model in models
        if model["name"] != "rejects" and model["group"] != groups[model["fqn"][2]]
    ]
    assert wrong == []


def test_every_layer_reads_the_ones_below_it(manifest: Node, models: list[Node]) -> None:
    wrong = [
        f"{model['name']} reads {parent['name']}"
        for model in models
        for node in model["depends_on"]["nodes"]
        if (parent := manifest["nodes"].get(node)) and layer(parent) not in READS[layer(model)]
    ]
    assert wrong == []


def test_what_is_public_has_versions_and_the_latest_its_plain_name(models: list[Node]) -> None:
    public = [model for model in models if model["access"] == "public"]
    latest = {model["name"] for model in public if model["alias"] == model["name"]}
    assert public
    assert [model["name"] for model in public if not isinstance(model["version"], int)] == []
    assert latest == {model["name"] for model in public}


@pytest.mark.parametrize("kind", ["groups", "exposures"])
def test_every_owner_can_be_asked(manifest: Node, kind: str) -> None:
    owners = {each["name"]: each["owner"] for each in manifest[kind].values()}
    wrong = [
        name
        for name, owner in owners.items()
        if not owner["name"] or not re.fullmatch(r"[a-z-]+@example\.com", owner["email"] or "")
    ]
    assert owners
    assert wrong == []


def test_every_exposure_says_where_it_is_and_reads_what_is_promised(manifest: Node) -> None:
    exposures = manifest["exposures"].values()
    homeless = [each["name"] for each in exposures if not (each["url"] or "").startswith("https:")]
    wrong = [
        f"{each['name']} reads {parent}"
        for each in exposures
        for parent in each["depends_on"]["nodes"]
        if manifest["nodes"][parent]["access"] != "public"
        and not manifest["nodes"][parent]["name"].startswith("rpt_")
    ]
    assert (homeless, wrong) == ([], [])


def test_every_report_and_every_public_table_has_a_reader(
    manifest: Node, models: list[Node]
) -> None:
    offered = [
        model for model in models if model["name"].startswith("rpt_") or model["access"] == "public"
    ]
    unread = [
        model["name"]
        for model in offered
        if not any(
            way[-1].startswith("exposure ") for way in ways_down(manifest, model["unique_id"])
        )
    ]
    assert unread == []
