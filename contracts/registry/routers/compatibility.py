from __future__ import annotations

from fastapi import Response

from contracts.registry import checks
from contracts.registry.calls import Role
from contracts.registry.idempotency import once
from contracts.registry.requests import KeyedCall, ServicesOf, allow, read_schema
from contracts.registry.routers import problems, router
from contracts.registry.shapes.versions import Check, CheckBody

routes = router("compatibility")


@routes.post(
    "/compatibility/check",
    response_model=CheckBody,
    responses=problems(400, 404, 409),
    dependencies=[allow(Role.consumer)],
    summary="Check a schema before publishing it",
)
def check_compatibility(wanted: Check, services: ServicesOf, call: KeyedCall) -> Response:
    """What storing it would mean and whom it would break; nothing is stored. A transitive policy
    compares it with every version."""
    call.caller.require_scope(wanted.dataset_id, wanted.layer)
    schema = read_schema(wanted.value)
    return once(
        services,
        call,
        "compatibility.check",
        lambda connection: checks.check(connection, services, wanted, schema),
        changes=False,
    )
