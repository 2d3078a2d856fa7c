"""The errors a user can meet: each prints `[CODE] message (key=value, …)`, exit code 1."""

from __future__ import annotations

from typing import ClassVar


class HallmarkError(Exception):
    """A failure that was understood: its code names the runbook's section."""

    code: ClassVar[str] = "HALLMARK"

    def __init__(self, message: str, /, **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.context = {key: value for key, value in context.items() if value is not None}

    def __str__(self) -> str:
        if not self.context:
            return f"[{self.code}] {self.message}"
        details = ", ".join(f"{key}={value}" for key, value in self.context.items())
        return f"[{self.code}] {self.message} ({details})"


class ConfigurationError(HallmarkError):
    code = "CFG001"


class ExtractionError(HallmarkError):
    code = "EXT001"


class StorageError(HallmarkError):
    code = "STG001"


class AuthenticationError(HallmarkError):
    code = "AUTH001"


class PaginationError(HallmarkError):
    code = "PAGE001"


class StateError(HallmarkError):
    code = "STATE001"


class QualityError(HallmarkError):
    code = "QUAL001"


class RetryError(HallmarkError):
    code = "RETRY001"


class BuildError(HallmarkError):
    code = "BUILD001"


class LockError(HallmarkError):
    code = "LOCK001"


class DriftError(HallmarkError):
    code = "DRIFT001"


class FreezeError(HallmarkError):
    code = "FREEZE001"
