"""`hallmark contracts lint`: what contracts lack, with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from contracts.lint import Fault, lint_entity, lint_model, lint_source
from contracts.odcs import FOLDER, load_source, source_names
from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError
from scripts.console import Output
from scripts.contracts.current_contracts import by_node, today
from scripts.dbt import Manifest, parsed_manifest


def lint(output: Output) -> bool:
    """Prints every fault as `file:line: rule: …`; True when there is none. Raises CFG001."""
    with output.step("contracts"):
        faults = [*_sources(), *_models(parsed_manifest())]
    faults.sort(key=lambda fault: (fault.file, fault.line))
    for fault in faults:
        output.say(f"{fault.file}:{fault.line}: {fault.rule}: {fault.subject} {fault.message}")
    output.say(f"{len(faults)} faults" if faults else "every contract says all that it should")
    output.result({"faults": faults})
    return not faults


def _sources() -> Iterator[Fault]:
    for name in source_names():
        folder = FOLDER / name
        yield from _read(f"{name}/contract.yaml", lint_source, name)
        for entity in load_source(name, folder.parent).entities:
            yield from _read(f"{name}/{entity}.yaml", lint_entity, entity)


def _read(path: str, rules: Any, subject: str) -> list[Fault]:
    file = FOLDER / path
    try:
        text = file.read_text("utf-8")
        return list(rules(text, file.relative_to(config.PROJECT_ROOT).as_posix(), subject))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"the contract cannot be read: {error}", file=file) from error


def _models(manifest: Manifest) -> Iterator[Fault]:
    for name, contract in by_node(manifest, today()):
        node = manifest["nodes"][name]
        file = (node["patch_path"] or node["original_file_path"]).partition("://")[2]
        path = file or node["original_file_path"]
        text = (config.PROJECT_ROOT / path).read_text("utf-8") if file else "{}"
        yield from lint_model(node, text, path, owner=contract.owner)
