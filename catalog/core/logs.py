"""Structured logs: one line per event, JSON for machines or readable text for people, with the request's id."""

import logging
import sys

import structlog
from structlog.types import EventDict, WrappedLogger

from catalog.core.audit import request_id


def _add_request_id(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    if current := request_id.get():
        event["request_id"] = current
    return event


def set_up(*, level: str, readable: bool) -> None:
    """Send our log and the libraries' through the same renderer to standard error."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn.access", "alembic.runtime.migration"):  # what they say is said already
        logging.getLogger(name).setLevel(logging.WARNING)
