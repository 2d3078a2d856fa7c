"""dbt manifests, cut down to what a review reads."""

from __future__ import annotations

from typing import Any

Manifest = dict[str, Any]


def model(name: str, *columns: str, access: str = "protected", version: int = 0) -> Manifest:
    node = f"model.hallmark.{name}" + (f".v{version}" if version else "")
    return {
        node: {
            "unique_id": node,
            "resource_type": "model",
            "name": name,
            "version": version or None,
            "latest_version": (version and 1) or None,
            "deprecation_date": None,
            "schema": "gold",
            "alias": name if version < 2 else f"{name}_v{version}",
            "access": access,
            "contract": {"enforced": True},
            "constraints": [],
            "columns": {
                each: {"name": each, "data_type": "bigint", "constraints": []} for each in columns
            },
        }
    }


def manifest(*models: Manifest) -> Manifest:
    nodes = {name: node for each in models for name, node in each.items()}
    children = {
        "model.hallmark.fct_payments": ["model.hallmark.rpt_revenue", "test.hallmark.unique"],
        "model.hallmark.rpt_revenue": ["exposure.hallmark.board"],
    }
    return {"nodes": nodes, "child_map": children}
