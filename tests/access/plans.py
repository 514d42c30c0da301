"""What is sent to each door that its own page's form does not say by itself."""

from typing import Any

from tests.access.asking import Plan
from tests.access.world import PASSWORD, SCHOOLS
from tests.catalog.resources.entries import NEW
from tests.catalog.web.direct import account
from tests.catalog.web.routes import Door

RESOURCE, SERVICE = "/admin/resources/{resource_id:uuid}", "/admin/services/{service_id:uuid}"
PERSON = "/admin/users/{user_id}"
FACTS = {"texts": [{"language": "da", "title": "Talhavnen"}], "form": "app", "languages": ["da"]}
SCHOOL = {"code": "100001", "name": "Nordskolen ved Havet", "kind": "folkeskole", "grades": ["4", "5"]}
REGISTER = "INST_NR;INST_NAVN;INST_TYPE_NAVN;KOMMUNE_NR;ADM_KOMMUNE_NAVN\n100001;Nordskolen;Folkeskoler;999;Sundby\n"
LIST = b'{"title": "Talhavnen"}\n'
DECISIONS = "Navn;Status;Type\nBrøkbanken;Godkendt;Hjemmeside\n".encode()
DECISION = {"outcome": "approved", "decided_on": "2026-11-20"}


def csv(text: str) -> dict[str, Any]:
    return {"content": text.encode(), "headers": {"content-type": "text/csv"}}


PLANS: dict[Door, Plan] = {
    Door("GET", "/resources/{name:str}"): Plan(values={"name": "{resource_id}-broekbanken"}),
    Door("POST", "/resources/{resource_id:uuid}/report"): Plan(
        page="/resources/{resource_id}-broekbanken", typed={"about": "link", "text": "Linket er dødt."}
    ),
    Door("POST", "/accessibility"): Plan(typed={"text": "Farven ses ikke."}),
    Door("GET", "/language"): Plan(),
    Door("GET", "/static/{path:path}"): Plan(values={"path": "{stylesheet}"}),
    Door("GET", "/api/openapi/{path:str}"): Plan(values={"path": "x"}),
    Door("POST", "/admin/reports/{report_id:uuid}/close"): Plan(page="/admin/reports"),
    Door("POST", "/admin/names/{question_id:uuid}"): Plan(page="/admin/names", typed={"how": "leave"}),
    Door("POST", "/admin/resources/new"): Plan(typed=NEW),
    Door("GET", f"{RESOURCE}/restore"): Plan(values={"resource_id": "{retired_id}"}),
    Door("POST", f"{RESOURCE}/restore"): Plan(values={"resource_id": "{retired_id}"}),
    Door("POST", f"{RESOURCE}/merge"): Plan(page="/admin/resources/{resource_id}/merge?other={second_id}"),
    Door("POST", f"{RESOURCE}/succession"): Plan(page="/admin/resources/{resource_id}/succession?other={second_id}"),
    Door("POST", f"{RESOURCE}/decisions/new"): Plan(typed=DECISION),
    Door("POST", f"{SERVICE}/decisions/new"): Plan(typed=DECISION),
    Door("GET", f"{SERVICE}/decisions/{{decision_id:uuid}}/undo"): Plan(
        values={"decision_id": "{service_decision_id}"}
    ),
    Door("POST", f"{SERVICE}/decisions/{{decision_id:uuid}}/undo"): Plan(
        values={"decision_id": "{service_decision_id}"}
    ),
    Door("POST", "/admin/services/new"): Plan(
        typed={"key": "nyportal", "name": "Nyportalen", "publisher": "Skyforlaget"}
    ),
    Door("POST", "/admin/publishers/{publisher_id:uuid}/succession"): Plan(
        typed={"succeeded_by": "{second_publisher_id}", "succeeded_on": "2026-11-25"}
    ),
    Door("POST", "/admin/imports/{batch_id:uuid}/undo"): Plan(page="/admin/imports/{batch_id}/undo"),
    Door("POST", "/sign-in"): Plan(typed={"username": "besoeger admin", "password": PASSWORD}),
    Door("POST", "/sign-in/demo"): Plan(body=lambda world: {"data": {"person": str(world.things["demo_id"])}}),
    Door("POST", "/sign-out"): Plan(body=lambda _: {"data": {}}),
    Door("POST", "/invitation"): Plan(body=lambda world: {"data": account(world.things["key"])}),
    Door("POST", "/account"): Plan(typed={"language": "sv"}),
    Door("POST", f"{RESOURCE}/edit"): Plan(typed={"texts-0-title": "Brøkbanken igen"}),
    Door("POST", "/schools/{school_id:uuid}/edit"): Plan(typed={"name": "Nordskolen ved Søen"}),
    Door("POST", "/account/password"): Plan(
        body=lambda _: {"data": {"old": PASSWORD, "new": f"{PASSWORD} igen", "again": f"{PASSWORD} igen"}}
    ),
    Door("POST", "/account/sessions/end-others"): Plan(body=lambda _: {"data": {}}),
    Door("POST", "/account/tokens"): Plan(
        body=lambda _: {"data": {"name": "Regneark", "permission": "read-schools", "ends_on": "2026-12-31"}}
    ),
    Door("POST", "/schools/{school_id:uuid}/devices"): Plan(
        page="{address}?grade=5", typed={"devices-0-ownership": "byod"}
    ),
    Door("POST", "/schools/new"): Plan(
        typed={"code": "100009", "name": "Nyskolen", "kind": "folkeskole", "grades": "4"}
    ),
    Door("GET", "/schools/{school_id:uuid}/reopen"): Plan(values={"school_id": "{closed_id}"}),
    Door("POST", "/schools/{school_id:uuid}/reopen"): Plan(values={"school_id": "{closed_id}"}),
    Door("POST", "/schools/{school_id:uuid}/merge"): Plan(
        typed={"into": "{third_id}", "on": "2026-11-25", "confirmed": "yes", "version": "1", "other_version": "1"}
    ),
    Door("POST", "/schools/{school_id:uuid}/pupils"): Plan(typed={"pupils-5": "44"}),
    Door("POST", "/schools/import"): Plan(
        body=lambda _: {"data": {"mapping": "head-counts", "own": ""}, "files": {"file": ("tal.csv", SCHOOLS)}}
    ),
    Door("PUT", "/api/v1/schools/{school_id:uuid}"): Plan(body=lambda _: {"json": SCHOOL}, etag_from=True),
    Door("POST", "/admin/users/new"): Plan(typed={"name": "Nina Ny", "role": "teacher", "schools": "{school_id}"}),
    Door("POST", "/admin/users/{user_id:uuid}/edit"): Plan(page=PERSON),
    Door("POST", "/admin/users/{user_id:uuid}/link"): Plan(page=PERSON),
    Door("POST", "/admin/users/{user_id:uuid}/mail"): Plan(page=PERSON),
    Door("POST", "/admin/users/{user_id:uuid}/roles"): Plan(page=PERSON, typed={"role": "it", "everywhere": "yes"}),
    Door("POST", "/admin/users/{user_id:uuid}/roles/{grant_id:uuid}/end"): Plan(page=PERSON),
    Door("POST", "/admin/users/{user_id:uuid}/leave"): Plan(page=PERSON),
    Door("POST", "/admin/users/{user_id:uuid}/transfer"): Plan(
        body=lambda world: {"data": {"to": str(world.others["user_id"]), "version": "1"}}
    ),
    Door("POST", "/admin/users/{user_id:uuid}/erase"): Plan(typed={"sure": "yes"}),
    Door("POST", "/admin/operations/test-mail"): Plan(
        page="/admin/operations", action="#mail", typed={"to": "it@kommune.example"}
    ),
    Door("POST", "/admin/operations/mails/{failure_id:uuid}/again"): Plan(page="/admin/operations"),
    Door("POST", "/api/v1/resources"): Plan(body=lambda _: {"json": FACTS}),
    Door("PUT", "/api/v1/resources/{resource_id:uuid}"): Plan(body=lambda _: {"json": FACTS}, etag_from=True),
    Door("POST", "/api/v1/imports/resources"): Plan(
        body=lambda _: {"content": LIST, "headers": {"content-type": "application/x-ndjson"}}
    ),
    Door("POST", "/api/v1/imports/decisions"): Plan(
        body=lambda _: {"content": DECISIONS, "headers": {"content-type": "text/csv"}}
    ),
    Door("GET", "/admin/waiting/{which:str}"): Plan(values={"which": "expiring"}),
    Door("POST", "/api/v1/imports/schools"): Plan(body=lambda _: csv(REGISTER)),
    Door("POST", "/api/v1/imports/head-counts"): Plan(
        body=lambda _: csv("school;grade;pupils;date\n100001;4;62;2026-09-05\n")
    ),
    Door("POST", "/api/v1/imports/devices"): Plan(
        body=lambda _: csv("school;grades;ownership;platform\n100001;4-5;municipal;ipados\n")
    ),
}
"""By door; a door that is not here has a form on the page of the same address, and needs nothing filled in."""
QUERIES = {
    "/language": "?language=da",
    "/find": "?q=br",
    "/admin": "?q=br",
    "/invitation": "?key={key}",
    "/api/v1/imports/resources": "?mapping=khan_academy",
    "/api/v1/imports/schools": "?mapping=stil&municipality=999",
}
"""What is asked with an address."""
EMPTY = {
    **{
        Door("POST", f"/api/v1/imports/{kind}"): "its rows are stored on top of a batch, which is not stored here"
        for kind in ("devices", "head-counts", "resources", "schools")
    },
    Door("GET", "/api/openapi/{path:str}"): "it has no other addresses: not found for everybody",
    Door("GET", "/sign-in/provider"): "there is no provider here; tests/catalog/identity/oidc has one",
    Door("GET", "/sign-in/provider/return"): "there is no provider here; tests/catalog/identity/oidc has one",
}
"""Doors where even whom they are for finds nothing, and why."""
UNABLE = {
    (Door("POST", "/account/tokens"), "signed in"): (422, "who has no right has none to give to a key"),
}
"""Cells whose answer is another than success, though the door is theirs, and why."""
