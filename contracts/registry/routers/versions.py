from __future__ import annotations

import time
from typing import Annotated

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from contracts.registry import checks, currents, datasets, documents, ingests, versions
from contracts.registry.auth import Read
from contracts.registry.calls import Role
from contracts.registry.engine import WHOLE
from contracts.registry.errors import Problem
from contracts.registry.idempotency import once
from contracts.registry.requests import (
    DatasetPath,
    KeyedCall,
    LayerPath,
    Page,
    PageSize,
    ServicesOf,
    VersionPath,
    allow,
    require,
)
from contracts.registry.routers import problems, router
from contracts.registry.services import Services
from contracts.registry.shapes.versions import (
    CurrentSet,
    DiffBody,
    Document,
    Ingested,
    ValidBody,
    VersionBody,
    VersionPage,
)
from contracts.registry.shapes.words import VERSION

routes = router("versions")
_HERE = "/datasets/{dataset_id}/layers/{layer}"


@routes.get(
    f"{_HERE}/versions/{{version}}",
    response_model=VersionBody,
    responses={
        200: {
            "description": "The version whole.",
            "headers": {"ETag": {"schema": {"type": "string"}, "description": "Of this answer."}},
            "content": {"application/yaml": {"schema": {"type": "string"}}},
        },
        304: {"description": "It is what `If-None-Match` says."},
        **problems(404),
    },
    openapi_extra={"parameters": documents.READ_HEADERS},
    summary="Read a version",
)
async def read_version(
    dataset_id: DatasetPath, layer: LayerPath, version: VersionPath, request: Request
) -> Response:
    """By number, `current` or `latest`; with Deprecation and Sunset in the head."""
    require(request, Role.consumer)  # here, for each dependency costs what a query does
    services: Services = request.app.state.services
    as_yaml = documents.wants_yaml(request.headers.get("accept", ""))
    known = request.headers.get("if-none-match", "")
    database = services.database
    asked = (dataset_id, layer, version, known, as_yaml)
    if database.is_sqlite and not as_yaml:
        return _version(database.near, *asked)
    return await run_in_threadpool(_version, database.read, *asked)


def _version(
    read: Read,
    dataset_id: str,
    layer: str,
    version: str,
    known: str,
    as_yaml: bool,
) -> Response:
    with read("version.read") as connection:
        row = versions.find(connection, dataset_id, layer, version)
        dataset = datasets.find(connection, dataset_id) if as_yaml else None
    tag = versions.etag(row, "yaml" if as_yaml else "json")
    headers = {"ETag": tag, "Vary": "Accept", **datasets.lifecycle_headers(row)}
    if tag in known or known == "*":
        return Response(status_code=304, headers=headers)
    if dataset is not None:
        return Response(documents.as_odcs(dataset, row), 200, headers, "application/yaml")
    return Response(versions.whole(row), 200, headers, "application/json")


@routes.post(
    f"{_HERE}/schemas",
    status_code=201,
    response_model=Ingested,
    responses={
        200: {"model": Ingested, "description": "The newest version has this schema already."},
        **problems(400, 404, 409, 415),
    },
    openapi_extra={"requestBody": documents.REQUEST_BODY},
    dependencies=[allow(Role.producer)],
    summary="Store a schema",
)
def ingest_schema(
    dataset_id: DatasetPath,
    layer: LayerPath,
    services: ServicesOf,
    call: KeyedCall,
    new: documents.NewSchemaOf,
) -> Response:
    """Compares it with the current version (a transitive policy: with all), stores it in any case
    as the next version, and makes it current only if it is asked to, the policy allows it and
    promotions are open. The first version is current. Needs the role producer."""
    began = time.perf_counter()
    try:
        return ingests.ingest(services, call, new.version_of(dataset_id, layer))
    except Problem:
        services.metrics.ingests.labels(layer.value, "refused").inc()
        raise
    finally:
        latency = services.metrics.ingest_latency.labels(layer.value)
        latency.observe((time.perf_counter() - began) * 1000)


@routes.get(
    f"{_HERE}/versions",
    response_model=VersionPage,
    responses=problems(404),
    dependencies=[allow(Role.consumer)],
    summary="List versions",
)
def list_versions(
    dataset_id: DatasetPath,
    layer: LayerPath,
    services: ServicesOf,
    page: Page = 1,
    page_size: PageSize = 50,
) -> VersionPage:
    """Newest first."""
    with services.database.read("version.list") as connection:
        return versions.page(connection, dataset_id, layer, number=page, size=page_size)


@routes.post(
    f"{_HERE}/versions/{{version}}/set-current",
    response_model=CurrentSet,
    responses=problems(404, 409),
    dependencies=[allow(Role.operator)],
    summary="Make a version current",
)
def set_current(
    dataset_id: DatasetPath,
    layer: LayerPath,
    version: VersionPath,
    services: ServicesOf,
    call: KeyedCall,
) -> Response:
    """The operator's flip and rollback, to any stored version; audited. Subscribers whom it breaks
    are told. Refused while promotions are frozen."""
    return currents.set_current(services, call, dataset_id, layer, version)


@routes.get(
    f"{_HERE}/diff",
    response_model=DiffBody,
    responses=problems(404),
    summary="Compare two versions",
)
async def diff_versions(
    dataset_id: DatasetPath,
    layer: LayerPath,
    request: Request,
    from_: Annotated[
        str, Query(alias="from", pattern=VERSION, description="The base: a number or a name.")
    ],
    to: Annotated[str, Query(pattern=VERSION, description="What is compared with it.")],
    depth: Annotated[
        int, Query(ge=0, le=200, description="Deeper fields count as one; 0 shows them all.")
    ] = WHOLE,
) -> Response:
    """Every difference, what it breaks and why. Kept, because versions never change."""
    require(request, Role.consumer)
    services: Services = request.app.state.services
    database = services.database
    asked = (dataset_id, layer, from_, to, depth)
    if database.is_sqlite:
        answer = checks.kept_diff(services, database.near, *asked)
    else:
        answer = await run_in_threadpool(checks.kept_diff, services, database.read, *asked)
    if answer is None:
        answer = await run_in_threadpool(checks.diff, services, *asked)
    return Response(answer, media_type="application/json")


@routes.post(
    f"{_HERE}/versions/{{version}}/validate",
    response_model=ValidBody,
    responses=problems(400, 404, 409),
    dependencies=[allow(Role.consumer)],
    summary="Validate a document",
)
def validate_document(
    dataset_id: DatasetPath,
    layer: LayerPath,
    version: VersionPath,
    wanted: Document,
    services: ServicesOf,
    call: KeyedCall,
) -> Response:
    """Whether a document fits a version, and where it does not."""
    return once(
        services,
        call,
        "version.validate",
        lambda connection: checks.fits(
            connection,
            services,
            dataset_id=dataset_id,
            layer=layer,
            version=version,
            document=wanted.document,
        ),
        changes=False,
    )
