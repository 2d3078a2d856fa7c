"""What dbt did is told, also where it did nothing or could not run."""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.errors import BuildError
from scripts import dbt


def test_of_a_traceback_the_error_is_told() -> None:
    try:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        told = dbt.reason_of(f"Unhandled error\n{traceback.format_exc()}\n")
    assert told == f"OSError: [Errno {errno.ENOSPC}] No space left on device"


def test_of_a_message_every_line_is_told_in_one() -> None:
    assert dbt.reason_of("Compilation Error\n  no model\n\n  named x\n") == (
        "Compilation Error no model named x"
    )


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
