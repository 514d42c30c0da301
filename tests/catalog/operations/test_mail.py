"""Mail: what is sent arrives whole, no header gets in, and a server that refuses, hangs or lies is told of."""

import ssl
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core import mail
from catalog.core.mail import Mail, MailFailed, compose, is_address, send
from catalog.core.settings import Settings
from tests.catalog.operations.conftest import SENDER, MailServer
from tests.conftest import NOON

TO = "nina.nord@sundby.example"
WRITTEN = Mail(to=TO, subject="Din vej ind – Æblegården", text="Hej\n\nSe https://hylde.example/å?key=1\n.\nÆØÅ äö\n")
plain = Settings(mail_from=SENDER)


async def test_a_mail_arrives_whole_from_whom_it_says(mail_server: MailServer) -> None:
    said = await send(mail_server.settings(plain), WRITTEN, NOON)
    (message,) = mail_server.taken
    assert said == "taken as no. 1"
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, TO, WRITTEN.subject)
    assert message.get_content().replace("\r\n", "\n") == WRITTEN.text
    assert message.get_content_type() == "text/plain"
    assert mail_server.recipients == [TO]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@sundby.example>"), "the machine's own name is nobody's business"


async def test_over_tls_by_either_way_with_a_name_and_a_password(
    serve: Any, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    for scheme, at_once in (("smtp+starttls", False), ("smtps", True)):
        server = await serve(tls=tls, at_once=at_once, auth_require_tls=not at_once)
        ours = server.settings(plain, scheme, "hylde:hemmelig%401@")
        await send(ours, WRITTEN, NOON)
        assert (len(server.taken), server.signed_in) == (1, [b"hemmelig@1"])
        with pytest.raises(MailFailed, match=r"^535"):
            await send(server.settings(plain, scheme, "hylde:forkert@"), WRITTEN, NOON)


async def test_a_server_whose_certificate_nobody_vouches_for_gets_no_password(serve: Any, tls: ssl.SSLContext) -> None:
    for scheme, at_once in (("smtp+starttls", False), ("smtps", True)):
        server = await serve(tls=tls, at_once=at_once)
        with pytest.raises(MailFailed, match=r"(?i)certificate"):
            await send(server.settings(plain, scheme, "hylde:hemmelig%401@"), WRITTEN, NOON)
        assert server.signed_in == []


async def test_a_server_that_offers_no_tls_gets_no_mail_that_was_to_go_over_it(mail_server: MailServer) -> None:
    with pytest.raises(MailFailed, match="STARTTLS"):
        await send(mail_server.settings(plain, "smtp+starttls"), WRITTEN, NOON)
    assert mail_server.taken == []


@pytest.mark.parametrize(
    ("refuse_recipient", "refuse", "for_good"),
    [
        (f"550 <{TO}> no such user", "", True),
        (f"451 {TO.upper()} greylisted", "", False),
        ("", f"554 {TO}: spam", False),
        ("", "452 disk full", False),
    ],
)
async def test_what_a_server_says_that_refuses_is_kept_without_the_address(
    mail_server: MailServer, refuse_recipient: str, refuse: str, for_good: bool
) -> None:
    mail_server.refuse_recipient, mail_server.refuse = refuse_recipient, refuse
    with pytest.raises(MailFailed) as refused:
        await send(mail_server.settings(plain), WRITTEN, NOON)
    said = refuse_recipient or refuse
    assert refused.value.reason[:3] == said[:3]
    assert "nina" not in refused.value.reason.lower()
    assert refused.value.for_good is for_good


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <{to}>: Recipient address rejected", "550 5.1.1 <…>: Recipient address rejected"),
        ("550 5.1.1 User {local} unknown (as {LOCAL})", "550 5.1.1 User … unknown (as …)"),
        ("553 5.7.1 {local}@mail.inner.example, from post@inner.example", "553 5.7.1 …, from …"),
        ("550 no mailbox {local}here", "550 no mailbox {local}here"),
        ("550 5.1.10 full", "550 5.1.10 full"),
    ],
)
async def test_of_what_a_server_says_no_name_is_kept(mail_server: MailServer, said: str, kept: str) -> None:
    local = TO.partition("@")[0]
    names = {"to": TO, "local": local, "LOCAL": local.upper()}
    mail_server.refuse_recipient = said.format_map(names)
    with pytest.raises(MailFailed) as refused:
        await send(mail_server.settings(plain), WRITTEN, NOON)
    assert refused.value.reason == kept.format_map(names)


async def test_a_server_that_hangs_or_is_not_there_is_given_up_in_time(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "PATIENCE", 0.3)
    mail_server.hangs = True
    started = time.monotonic()
    with pytest.raises(MailFailed, match="in time"):
        await send(mail_server.settings(plain), WRITTEN, NOON)
    assert time.monotonic() - started < 2
    nowhere = msgspec.structs.replace(plain, smtp_url="smtp://127.0.0.1:1")
    with pytest.raises(MailFailed) as refused:
        await send(nowhere, WRITTEN, NOON)
    assert refused.value.reason
    assert not refused.value.for_good
    with pytest.raises(MailFailed, match="HYLDE_SMTP_URL"):
        await send(plain, WRITTEN, NOON)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nina",
        "nina@",
        "@sundby.example",
        "nina@sundby.example\nBcc: all@sundby.example",
        "nina@sundby.example\r\nDATA",
        "nina@sundby.example, all@sundby.example",
        "Nina <nina@sundby.example>",
        "<nina@sundby.example>",
        '"a b"@sundby.example',
        "nina@@sundby.example",
        "nina@sundby example",
        "nina@" + "a" * 300,
        "nina@-sundby.example",
        "nina@.example",
        "nina@sundby..example",
        "nina\x00@sundby.example",
    ],
)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(MailFailed, match="no mail address"):
        compose(Mail(to=address, subject="x", text="x"), SENDER, NOON)


@pytest.mark.parametrize("address", [TO, "a+b_c.d-e@x.example", "åse@ålesund.example", "o'hara@x.example"])
def test_control_ordinary_addresses_are_taken(address: str) -> None:
    assert is_address(address)
    assert compose(Mail(to=address, subject="x", text="x"), SENDER, NOON)["To"] == address


LINE_ENDS = st.text(st.one_of(st.sampled_from("\r\n\x0b\x0c\x1c\x1e\x85\u2028\x00: å\ud800"), st.characters()))
HEADERS = "auto-submitted content-transfer-encoding content-type date from message-id mime-version subject to"


@given(LINE_ENDS, LINE_ENDS)
def test_no_subject_and_no_text_can_add_a_header(subject: str, text: str) -> None:
    message = compose(Mail(to=TO, subject=f"{subject}\r\nBcc: all@sundby.example", text=text), SENDER, NOON)
    head, _, _ = message.as_bytes().partition(b"\r\n\r\n")
    assert sorted(header_names(head)) == HEADERS.split()


def header_names(head: bytes) -> list[str]:
    return [line.split(b":")[0].decode().lower() for line in head.split(b"\r\n") if line[:1] not in {b" ", b"\t"}]


def test_control_headers_that_are_put_together_by_hand_let_one_in() -> None:
    subject = "Din vej ind\r\nBcc: all@sundby.example"
    assert header_names(f"To: {TO}\r\nSubject: {subject}".encode()) == ["to", "subject", "bcc"]


def test_the_pauses_grow_and_end_before_a_link_does() -> None:
    assert list(mail.PAUSES) == sorted(mail.PAUSES)
    assert sum(mail.PAUSES, timedelta()) < timedelta(days=7)
