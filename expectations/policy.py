"""The waivers: which checks may not pass without stopping the gate, why, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import msgspec
import yaml
from msgspec.structs import replace

from dlt_pipelines.errors import ConfigurationError
from expectations.locations import located
from expectations.results import Check

POLICY = Path(__file__).with_name("policy.yaml")
Text = Annotated[str, msgspec.Meta(min_length=1)]


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`check` is a check's id or a pattern of ids; the waiver is in force through `expires`."""

    check: Text
    reason: Text
    expires: date

    def covers(self, check: Check) -> bool:
        return fnmatchcase(check.check_id, self.check)


class _Policy(msgspec.Struct, forbid_unknown_fields=True):
    waivers: list[Waiver] = []


def read_policy(path: Path, today: date) -> list[Waiver]:
    """The waivers in force.

    Raises CFG001 when one lacks its reason or its date, or has expired: what nobody renews must not
    stay open.
    """
    try:
        document = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        waivers = msgspec.convert(document, _Policy).waivers
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"the gate's policy cannot be read: {error}", file=path) from error
    for waiver in waivers:
        if waiver.expires < today:
            raise ConfigurationError(
                "a waiver of the gate's policy has expired: mend the check, or renew it with a"
                " reason",
                file=path,
                check=waiver.check,
                expired=waiver.expires,
            )
    return waivers


def waive(checks: Sequence[Check], waivers: Iterable[Waiver]) -> list[Check]:
    """The checks, those that did not pass with the reason they are waived for.

    A waiver that covers no check is a warning of its own: its check was renamed, or mended.
    """
    waivers = list(waivers)
    unused = [each for each in waivers if not any(each.covers(check) for check in checks)]
    return [_waived(check, waivers) for check in checks] + [_unknown(each) for each in unused]


def _waived(check: Check, waivers: Iterable[Waiver]) -> Check:
    reason = next((each.reason for each in waivers if each.covers(check)), "")
    return replace(check, waived=reason) if check.outcome != "passed" and reason else check


def _unknown(waiver: Waiver) -> Check:
    return Check(
        check_id=f"policy::{waiver.check}",
        kind="policy",
        table="",
        name=waiver.check,
        severity="warning",
        outcome="failed",
        expected="every waiver is of a check that there is",
        observed="no check has this id",
        detail="Correct the id, or take the waiver out of the policy.",
        location=located("expectations/policy.yaml", waiver.check),
    )
