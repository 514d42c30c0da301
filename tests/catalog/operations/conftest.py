"""What is logged while a test runs, and a mail server on this machine that can refuse, hang and speak TLS."""

import asyncio
import datetime as dt
import email
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP as BY_LINE
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs
from structlog.types import EventDict

from catalog.core.settings import Settings

SENDER = "hylde@sundby.example"


class MailServer:
    """Keeps what it takes; ``refuse`` is what it answers instead."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse_recipient = self.refuse = ""
        self.hangs = False
        self.signed_in: list[bytes] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.hangs:
            await asyncio.sleep(60)
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=BY_LINE)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.recipients += envelope.rcpt_tos
        return "250 taken as no. 1"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _way: str, data: Any) -> AuthResult:
        self.signed_in.append(data.password)
        return AuthResult(success=data.password == b"hemmelig@1", handled=False)

    def settings(self, settings: Settings, scheme: str = "smtp", who: str = "") -> Settings:
        return msgspec.structs.replace(settings, smtp_url=f"{scheme}://{who}127.0.0.1:{self.port}", mail_from=SENDER)


Serve: TypeAlias = Callable[..., Any]


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    """Start a server: plain, with STARTTLS, or with TLS from the first byte."""
    running: list[asyncio.Server] = []

    async def start(*, tls: ssl.SSLContext | None = None, at_once: bool = False, **more: Any) -> MailServer:
        loop, server = asyncio.get_running_loop(), MailServer()

        def protocol() -> SMTP:
            own = None if at_once else tls
            return SMTP(server, hostname="mail.example", tls_context=own, authenticator=server.authenticate, **more)

        listening = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if at_once else None)
        running.append(listening)
        server.port = listening.sockets[0].getsockname()[1]
        return server

    yield start
    for each in running:
        each.close()
        await each.wait_closed()


@pytest.fixture
async def mail_server(serve: Serve) -> MailServer:
    server: MailServer = await serve()
    return server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate of this machine's own, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = tmp_path / "mail.pem"
    path.write_bytes(made.public_bytes(form) + key.private_bytes(form, kind, serialization.NoEncryption()))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as events:
        yield events
