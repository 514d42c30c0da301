"""A throw-away PostgreSQL of Debian's binaries, on a Unix socket: for the tests, and for ``make check``."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

ROOM = 2_000_000_000
"""Bytes that the cluster may take of the machine's memory."""


class NoPostgresql(Exception):
    """The machine has no PostgreSQL that can be started; the text says how to have one."""


def has_icu(initdb: str) -> bool:
    """PostgreSQL 15 and later, where it was built with ICU."""
    offered = subprocess.run([initdb, "--help"], check=True, capture_output=True, text=True).stdout
    built = shutil.which("pg_config", path=str(Path(initdb).resolve().parent))
    said = subprocess.run([built, "--configure"], check=True, capture_output=True, text=True).stdout if built else ""
    return "--icu-locale" in offered and "--with-icu" in said


@contextmanager
def throw_away_cluster() -> Iterator[str]:
    """The URL of a cluster that is gone when the block ends; initdb refuses root, so root becomes ``postgres``.

    Raises:
        NoPostgresql: the binaries are not there.
    """
    search = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    initdb, pg_ctl = (shutil.which(name, path=os.pathsep.join(search)) for name in ("initdb", "pg_ctl"))
    if initdb is None or pg_ctl is None:
        raise NoPostgresql("no PostgreSQL here: apt-get install postgresql")
    user = "postgres" if os.geteuid() == 0 else None
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    folder = tempfile.mkdtemp(prefix="pg-", dir=memory if is_roomy else None)  # pytest's own are closed to others
    if user:
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    # Sorted as a Danish database sorts, so that an order left to the database shows itself.
    danish = ["--locale-provider=icu", "--icu-locale=da-DK"] if has_icu(initdb) else []
    run(
        initdb, "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8", *danish
    )
    options = f"-k {folder} -h '' -c fsync=off -c full_page_writes=off"
    run(pg_ctl, "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        run(pg_ctl, "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def create_database(server: str, name: str, template: str = "template0") -> str:
    """A database of the cluster; its URL."""
    run_sql(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server.replace("/postgres?", f"/{name}?")


def run_sql(server: str, statement: str) -> None:
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
