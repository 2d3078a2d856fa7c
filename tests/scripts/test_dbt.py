"""What is told of a dbt that could not run."""

from __future__ import annotations

import errno
import os
import traceback

from scripts.dbt import reason_of


def test_of_a_traceback_the_error_is_told() -> None:
    try:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        told = reason_of(f"Unhandled error\n{traceback.format_exc()}\n")
    assert told == f"OSError: [Errno {errno.ENOSPC}] No space left on device"


def test_of_a_message_every_line_is_told_in_one() -> None:
    assert reason_of("Compilation Error\n  no model\n\n  named x\n") == (
        "Compilation Error no model named x"
    )
