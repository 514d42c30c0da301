"""The description of the API says what the API does: every address, who may, every error, every limit."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar

from catalog.web.access import OPTION
from catalog.web.api import V1
from tests.api.programs import Program
from tests.catalog.web.routes import Door, doors_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PROBLEM = "application/problem+json"


@pytest.fixture
async def description(app: Litestar) -> dict[str, Any]:
    async with Program(app) as program:
        answer = await program.get("/api/openapi/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def routes(app: Litestar) -> Iterator[tuple[Door, Any]]:
    return ((door, handler) for door, handler in doors_of(app) if door.path.startswith(f"{V1}/"))


def test_every_address_of_the_api_is_described_and_nothing_else(app: Litestar, description: dict[str, Any]) -> None:
    known = {(door.method, door.path.replace(":uuid}", "}").replace(":str}", "}")) for door, _ in routes(app)}

    assert {(method, path) for method, path, _ in operations(description)} == known
    assert description["openapi"].startswith("3.1")


def test_each_operation_has_a_name_of_its_own_chosen_here(app: Litestar, description: dict[str, Any]) -> None:
    chosen = [handler.operation_id for _, handler in routes(app)]

    assert all(isinstance(each, str) for each in chosen)
    assert len(set(chosen)) == len(chosen)
    assert {operation["operationId"] for _, _, operation in operations(description)} == set(chosen)
    assert all(operation.get("description") for _, _, operation in operations(description))


def test_errors_are_described_as_problems(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        refusals = {status: said for status, said in operation["responses"].items() if status >= "400"}
        assert {"400", "503"} <= set(refusals), (method, path)
        for status, said in refusals.items():
            assert set(said["content"]) == {PROBLEM}, (method, path, status)
            members = resolved(description, said["content"][PROBLEM]["schema"])["properties"]
            assert set(members) == {"type", "title", "status", "detail", "instance"}


def test_what_is_not_public_says_that_it_wants_a_token(app: Litestar, description: dict[str, Any]) -> None:
    assert description["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    policies = {handler.operation_id: handler.opt[OPTION] for _, handler in routes(app)}
    for _, _, operation in operations(description):
        policy = policies[operation["operationId"]]
        assert ("security" in operation) != policy.is_public, operation["operationId"]
        assert ("401" in operation["responses"]) != policy.is_public, operation["operationId"]
        assert ("403" in operation["responses"]) == bool(policy.permissions), operation["operationId"]


def parameter(operation: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in operation["parameters"] if each["name"] == name]
    return dict(found)


def test_limits_headers_and_bodies_are_described(description: dict[str, Any]) -> None:
    by_id = {operation["operationId"]: operation for _, _, operation in operations(description)}

    limit = parameter(by_id["listResources"], "limit")["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 200, 50)
    assert {"cursor", "updated_since"} <= {each["name"] for each in by_id["listResources"]["parameters"]}
    assert "Link" in by_id["listResources"]["responses"]["200"]["headers"]
    for name in ("replaceResource", "replaceSchool"):
        match = parameter(by_id[name], "If-Match")
        assert (match["in"], match["required"]) == ("header", False), "428 is ours to say"
        assert {"412", "428"} <= set(by_id[name]["responses"])
        assert "ETag" in by_id[name]["responses"]["200"]["headers"]
    for name in ("importResources", "importDecisions"):
        assert set(by_id[name]["requestBody"]["content"]) >= {"text/csv", "application/x-ndjson"}
        assert parameter(by_id[name], "Idempotency-Key")["in"] == "header"
        assert {"413", "422"} <= set(by_id[name]["responses"])


def test_names_on_the_wire_are_in_camel_case(description: dict[str, Any]) -> None:
    names = {name for schema in description["components"]["schemas"].values() for name in schema.get("properties", {})}

    assert {"updatedOn", "refusedRows", "syncedUntil"} <= names
    assert not [name for name in names if "_" in name]
