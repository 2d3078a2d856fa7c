"""The faults of one server, and the layer that lets them strike."""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec import UNSET
from starlette.types import ASGIApp, Receive, Scope, Send

from scripts.mock_api.faults.calls import Call
from scripts.mock_api.faults.dialects import Dialect, Json
from scripts.mock_api.faults.fault import Fault, Spec
from scripts.mock_api.faults.layers import Layer
from scripts.mock_api.faults.scenarios import SCENARIOS

_TAKEN_BY_SOME = ("seconds", "field", "value")
_SPEC = msgspec.json.Decoder(Spec)


class Faults:
    """All that were added since the last `clear`, in that order; the spent ones strike no more."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._added: list[Fault] = []

    @property
    def pending(self) -> bool:
        return any(not fault.spent for fault in self._added)

    def add(self, body: bytes) -> Fault:
        """Raises ValueError for what is not a `Spec`, or names something unknown."""
        try:
            spec = _SPEC.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(str(error)) from None
        self._check(spec)
        scenario = SCENARIOS[spec.scenario]
        fault = Fault(
            spec,
            self._dialect,
            times=scenario.times if spec.times is UNSET else spec.times,
            seconds=scenario.seconds if spec.seconds is UNSET else spec.seconds,
        )
        self._added.append(fault)
        return fault

    def _check(self, spec: Spec) -> None:
        if spec.scenario not in SCENARIOS:
            raise ValueError(f"no such scenario: {spec.scenario!r}")
        if spec.entity and spec.entity not in self._dialect.entities:
            raise ValueError(f"no such entity: {spec.entity!r}")
        for name in _TAKEN_BY_SOME:
            is_given = getattr(spec, name) not in (UNSET, "")
            if is_given and name not in SCENARIOS[spec.scenario].takes:
                raise ValueError(f"{spec.scenario} takes no {name!r}")

    def known(self) -> Json:
        """What a `Spec` may name."""
        everywhere = [name for name in Spec.__struct_fields__ if name not in _TAKEN_BY_SOME]
        return {
            "values": everywhere,
            "scenarios": {name: list(scenario.takes) for name, scenario in SCENARIOS.items()},
            "entities": list(self._dialect.entities),
        }

    def described(self) -> list[Json]:
        return [fault.described() for fault in self._added]

    def clear(self) -> int:
        """How many there were. A request that is being struck is struck to its end."""
        count = len(self._added)
        self._added = []
        return count

    def due(self, scope: Scope) -> list[Fault]:
        """The faults whose turn this request is; none outside the API's own paths."""
        entity = self._dialect.entity(scope["path"])
        if entity is None:
            return []
        return [
            fault
            for fault in self._added
            if fault.spec.entity in ("", entity)
            and SCENARIOS[fault.spec.scenario].applies(fault, scope)
            and fault.due()
        ]


class FaultLayer:
    """ASGI around a whole application; it only looks at requests while a fault is pending."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and self._faults.pending:
            for fault in reversed(self._faults.due(scope)):
                app = partial(_struck, SCENARIOS[fault.spec.scenario].layer, fault, app)
        await app(scope, receive, send)


async def _struck(
    layer: Layer, fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    await layer(fault, Call(app, scope, receive, send))
