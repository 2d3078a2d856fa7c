from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from sqlalchemy import Connection

from contracts.registry import datasets, signals
from contracts.registry.calls import Role
from contracts.registry.idempotency import Done, once
from contracts.registry.requests import (
    DatasetPath,
    KeyedCall,
    Page,
    PageSize,
    PlainCall,
    ServicesOf,
    allow,
)
from contracts.registry.routers import problems, router
from contracts.registry.shapes.datasets import (
    DatasetBody,
    DatasetChange,
    DatasetPage,
    NewDataset,
    Status,
)
from contracts.registry.shapes.words import Word

routes = router("datasets")


@routes.post(
    "/datasets",
    status_code=201,
    response_model=DatasetBody,
    responses=problems(400, 409),
    dependencies=[allow(Role.producer)],
    summary="Register a dataset",
)
def create_dataset(new: NewDataset, services: ServicesOf, call: KeyedCall) -> Response:
    """Its name is its own within the namespace. Needs the role producer, for all datasets."""
    call.caller.require_scope(None)

    def work(connection: Connection) -> Done:
        body = datasets.create(connection, call.actor, new)

        def told() -> None:
            signals.dataset_created(services, call, body)

        return Done(body=body, status=201, after=(told,))

    return once(services, call, "dataset.create", work)


@routes.get(
    "/datasets",
    response_model=DatasetPage,
    responses=problems(),
    dependencies=[allow(Role.consumer)],
    summary="List datasets",
)
def list_datasets(
    services: ServicesOf,
    call: PlainCall,
    namespace: Annotated[Word | None, Query(description="Only this namespace.")] = None,
    name: Annotated[Word | None, Query(description="Only this name.")] = None,
    status: Annotated[Status | None, Query(description="Only this status.")] = None,
    page: Page = 1,
    page_size: PageSize = 50,
) -> DatasetPage:
    """By namespace and name; those that the token is for."""
    with services.database.read("dataset.list") as connection:
        return datasets.page(
            connection,
            call.caller,
            number=page,
            size=page_size,
            namespace=namespace,
            name=name,
            status=status,
        )


@routes.get(
    "/datasets/{dataset_id}",
    response_model=DatasetBody,
    responses=problems(404),
    dependencies=[allow(Role.consumer)],
    summary="Read a dataset",
)
def read_dataset(dataset_id: DatasetPath, services: ServicesOf, response: Response) -> DatasetBody:
    """With Deprecation and Sunset in the head when it goes."""
    with services.database.read("dataset.read") as connection:
        row = datasets.find(connection, dataset_id)
    response.headers.update(datasets.lifecycle_headers(row))
    return DatasetBody(**row)


@routes.patch(
    "/datasets/{dataset_id}",
    response_model=DatasetBody,
    responses=problems(400, 404),
    dependencies=[allow(Role.operator)],
    summary="Change a dataset",
)
def change_dataset(
    dataset_id: DatasetPath, change: DatasetChange, services: ServicesOf, call: PlainCall
) -> DatasetBody:
    """Changes what is given: status, promotions, owner, steward, policy, sunset. Audited."""
    return services.database.write(
        "dataset.change",
        lambda connection: datasets.change(connection, call.actor, dataset_id, change),
    )
