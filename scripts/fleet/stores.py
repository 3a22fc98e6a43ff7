"""Postgres and Redis with data folders of their own, on ports of their own, on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fleet.parts import Part, wait_until

DATABASE = "airflow"
#: Who owns the database's folder where we are root.
OWNER = "postgres"


def missing_programs() -> list[str]:
    """The packages of Debian and Ubuntu that have to be installed first."""
    return [
        package
        for package, found in (("postgresql", _postgres("initdb")), ("redis-server", shutil.which("redis-server")))
        if not found
    ]


@dataclass(kw_only=True)
class Postgres:
    """A Postgres server.

    :param home: the folder below which it keeps all that it has.
    """

    home: Path
    port: int

    def __post_init__(self) -> None:
        user = OWNER if os.getuid() == 0 else None
        self.data = self.home / "postgres"
        self.data.mkdir()
        self.log = self.data / "server.log"
        if user:
            account = pwd.getpwnam(user)
            os.chown(self.data, account.pw_uid, account.pw_gid)
        self._user = user
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        self._run(
            "initdb", "--auth=trust", "--username=airflow", "--no-sync", "--encoding=UTF8", "-D", str(self.data / "db")
        )
        self.part = Part(
            name="postgres",
            command=[
                _postgres("postgres"), "-D", str(self.data / "db"), "-p", str(self.port),
                *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                *("-c", "max_connections=300", "-c", "fsync=off", "-c", "shared_buffers=128MB"),
            ],
            environment=self._environment,
            log=self.home / "postgres.log",
            user=user,
            # "Fast": sessions are cut off.
            ends_on=signal.SIGINT,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.part.start()
        wait_until(self._ready, 60, "Postgres", every=0.1)

    def create(self) -> None:
        """Make Airflow's database."""
        self._run("createdb", *self._where, DATABASE)

    def stop(self) -> None:
        """Stop it and cut off all sessions; data stay."""
        self.part.end()

    def dump(self) -> bytes:
        """Everything that is in the database."""
        return subprocess.run(
            [_postgres("pg_dump"), *self._where, DATABASE], env=self._environment, check=True, capture_output=True
        ).stdout

    def query(self, sql: str) -> list[list[str]]:
        """The rows of a query, as text."""
        ran = subprocess.run(
            [_postgres("psql"), *self._where, "-d", DATABASE, "-AtF", "\x1f", "-c", sql],
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return [line.split("\x1f") for line in ran.stdout.splitlines()]

    @property
    def url(self) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg2://airflow@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def _where(self) -> tuple[str, ...]:
        return "-h", "127.0.0.1", "-p", str(self.port), "-U", "airflow"

    def _ready(self) -> bool:
        asked = subprocess.run(
            [_postgres("pg_isready"), *self._where, "-q", "-d", "postgres"], env=self._environment, check=False
        )
        return asked.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        user = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
        ran = subprocess.run(  # type: ignore[call-overload]
            [_postgres(program), *arguments],
            env=self._environment,
            cwd=self.data,
            capture_output=True,
            text=True,
            check=False,
            **user,
        )
        if ran.returncode:
            raise RuntimeError(f"{program}: {ran.stderr.strip()[-500:]}")


def redis(home: Path, port: int) -> Part:
    """A Redis server that keeps what it was told when it is stopped."""
    folder = home / "redis"
    folder.mkdir()
    return Part(
        name="redis",
        command=[
            "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
            *("--appendonly", "yes", "--appendfsync", "always"),
        ],
        environment={"PATH": os.environ["PATH"]},
        log=home / "redis.log",
    )  # fmt: skip


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _postgres(program: str) -> str:
    """A program of the newest Postgres of this machine; '' if there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    for folder in (*reversed(folders), *map(Path, os.environ["PATH"].split(":"))):
        if (folder / program).exists():
            return str(folder / program)
    return ""
