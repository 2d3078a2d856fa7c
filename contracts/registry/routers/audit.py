from __future__ import annotations

from typing import Annotated

from fastapi import Query

from contracts.registry import audit
from contracts.registry.calls import Role
from contracts.registry.requests import Page, PageSize, PlainCall, ServicesOf, allow
from contracts.registry.routers import problems, router
from contracts.registry.shapes.subscriptions import AuditBody, AuditPage
from contracts.registry.shapes.words import Word

routes = router("audit")


@routes.get(
    "/audit",
    response_model=AuditPage,
    responses=problems(),
    dependencies=[allow(Role.operator)],
    summary="Read the audit trail",
)
def list_audit(
    services: ServicesOf,
    call: PlainCall,
    target: Annotated[
        Word | None,
        Query(
            description="A dataset's id, `<dataset id>/<layer>`, `<dataset id>/<layer>/<version>`,"
            " or a token's id; what is below counts."
        ),
    ] = None,
    actor: Annotated[Word | None, Query(description="Only what this token did.")] = None,
    page: Page = 1,
    page_size: PageSize = 50,
) -> AuditPage:
    """Who did what, with old and new value, newest first. Needs the role operator."""
    if call.caller.datasets:
        call.caller.require_scope((target or "").partition("/")[0])
    with services.database.read("audit.list") as connection:
        found, total = audit.entries(
            connection, target=target, actor=actor, page=page, page_size=page_size
        )
    items = [AuditBody.model_validate(each, from_attributes=True) for each in found]
    return AuditPage(items=items, page=page, page_size=page_size, total=total)
