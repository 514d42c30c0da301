"""What is said for each code of an error or of a field's fault; every code has a sentence, which a test enforces."""

from collections.abc import Mapping

from catalog.web.i18n import N_

PROBLEMS: Mapping[str, str] = {
    "already-listed": N_("It is in the catalogue already."),
    "bad-request": N_("The request could not be read."),
    "changed-meanwhile": N_("Somebody else changed this while you were writing. Compare, and save again."),
    "conflict": N_("That is not possible as things stand."),
    "currencies-differ": N_("Amounts in {left} and {right} cannot be added."),
    "data-file-refused": N_("A data file has errors; see the log."),
    "decision-undone": N_("The decision was taken back already."),
    "file-refused": N_("The file cannot be imported."),
    "forbidden": N_("Your role does not allow this."),
    "forged-request": N_("The form is out of date. Reload the page and try again."),
    "identifier-taken": N_("Another resource already has the identifier {value}."),
    "import-undone": N_("The import was taken back already."),
    "invalid": N_("Some of the fields need another look."),
    "key-taken": N_("Another service already has this key."),
    "link-spent": N_("The link was used before or has run out. Make a new one with “hylde admin-link”."),
    "method-not-allowed": N_("This address cannot be used in that way."),
    "not-found": N_("It does not exist, or you may not see it."),
    "not-listed": N_("It is no longer in the catalogue and cannot be changed."),
    "not-signed-in": N_("Sign in first."),
    "question-answered": N_("Somebody has answered this already."),
    "same-resource": N_("Choose two different entries."),
    "too-large": N_("That is more than can be sent at once."),
    "too-many-requests": N_("That was many times in a short while. Try again later."),
    "unavailable": N_("We cannot save or look up right now. Try again in a moment."),
    "unexpected": N_("Something went wrong on our side. It has been noted."),
}
"""By the code of a DomainError; ``{members}`` are the error's."""

FAULTS: Mapping[str, str] = {
    "choose-one": N_("Choose one."),
    "empty": N_("Fill in this field."),
    "ends-before-it-starts": N_("It would end before it starts."),
    "exactly-one": N_("Choose either a resource or a service."),
    "field-invalid": N_("This cannot be read."),
    "field-missing": N_("Fill in this field."),
    "field-out-of-range": N_("Write a whole number from {minimum} to {maximum}."),
    "not-a-date": N_("Write a date that exists, such as 2027-07-31."),
    "not-a-key": N_("Use small letters a–z, digits and hyphens."),
    "not-a-number": N_("Write a whole number."),
    "not-a-web-address": N_("Write an address that starts with https:// or http://."),
    "not-in-catalogue": N_("Nothing in the catalogue has this title or address."),
    "reason-missing": N_("Give at least one reason."),
    "said-twice": N_("The same thing stands here twice."),
    "too-long": N_("This is too long."),
    "unknown-code": N_("Choose from the list."),
    "unknown-scheme": N_("Choose from the list."),
    "wrong-check-digit": N_("The check digit does not fit. Compare it with the source digit by digit."),
    "wrong-form": N_("An identifier of this kind is written differently."),
}
"""By the code of what is wrong with one field."""
