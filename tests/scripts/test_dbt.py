from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.errors import BuildError
from scripts import dbt


def test_a_selection_that_matches_nothing_is_not_a_build_that_succeeded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """dbt itself ends well then: a typo would look like models that are up to date."""

    def ended_well(*_: str, **__: Any) -> dbt.Artifacts:
        results = tmp_path / "run_results.json"
        results.write_text('{"results": []}')
        return dbt.Artifacts(results, tmp_path / "manifest.json")

    monkeypatch.setattr(dbt, "execute", ended_well)
    assert dbt.run_dbt("build", watch=print).run_results.exists()
    with pytest.raises(BuildError, match=r"BUILD001.*nothing matches.*fct_paymets"):
        dbt.run_dbt("build", watch=print, select=["+fct_paymets"])
