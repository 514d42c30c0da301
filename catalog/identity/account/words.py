"""Rights, ways in and answers of the account pages in words; every right has a sentence, which a test enforces."""

from collections.abc import Mapping

from catalog.core.actor import Permission
from catalog.web.i18n import N_

RIGHTS: Mapping[Permission, str] = {
    Permission.MANAGE_CATALOGUE: N_("Add and change resources, services and publishers"),
    Permission.DECIDE: N_("Record decisions and take them back"),
    Permission.IMPORT: N_("Import lists of resources and of decisions"),
    Permission.MANAGE_SCHOOLS: N_("Change the register of schools: open, close and merge them"),
    Permission.READ_SCHOOLS: N_("See the head counts, devices and changes of schools"),
    Permission.MANAGE_DEVICES: N_("State which devices the pupils work on"),
    Permission.MANAGE_HEAD_COUNTS: N_("Record how many pupils there are"),
    Permission.MANAGE_USERS: N_("Invite people, and give and end roles"),
    Permission.READ_AUDIT: N_("Read who changed what"),
    Permission.MANAGE_PERSONAL_DATA: N_("Export and erase what is stored about a member of staff"),
    Permission.OPERATE: N_("See settings and jobs, and send a test mail"),
}
WAYS: Mapping[str, str] = {
    "local": N_("by user name and password"),
    "oidc": N_("by the work account"),
    "link": N_("by a one-time link"),
    "demo": N_("as a person of the demonstration"),
}
SAVED: Mapping[str, str] = {
    "choices": N_("Your language and school are saved."),
    "session": N_("That browser is signed out."),
    "others": N_("All other browsers are signed out."),
    "password": N_("Your password is changed, and all other browsers are signed out."),
    "token": N_("The token is revoked. Nothing can use it any more."),
}
"""By what the address says was done."""
LABELS: Mapping[str, str] = {
    "language": N_("Language of the pages"),
    "school": N_("My school"),
    "old": N_("Your present password"),
    "new": N_("A new password"),
    "again": N_("The new password once more"),
    "name": N_("What it is for"),
    "permission": N_("What it may do"),
    "ends_on": N_("Its last day"),
}
