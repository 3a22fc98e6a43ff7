"""A MariaDB server with a data folder of its own, on a port of its own, on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fleet.parts import Part, wait_until
from fleet.stores import DATABASE, listens

#: Who owns the database's folder where we are root.
OWNER = "mysql"
SERVER = "/usr/sbin/mariadbd"
USER = "airflow"


def missing_programs() -> list[str]:
    """The packages of Debian and Ubuntu that have to be installed first."""
    return [] if Path(SERVER).exists() and shutil.which("mariadb") else ["mariadb-server"]


@dataclass(kw_only=True)
class MariaDB:
    """A MariaDB server.

    :param home: the folder below which it keeps all that it has.
    """

    home: Path
    port: int

    def __post_init__(self) -> None:
        user = OWNER if os.getuid() == 0 else None
        self._folder = self.home / "mariadb"
        self._folder.mkdir()
        self._socket = self._folder / "socket"
        if user:
            account = pwd.getpwnam(user)
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        data = str(self._folder / "db")
        self._run(
            "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
            *("--skip-test-db", "--skip-name-resolve"), *((f"--user={user}",) if user else ()),
        )  # fmt: skip
        self.part = Part(
            name="mariadb",
            command=[
                SERVER, "--no-defaults", f"--datadir={data}", f"--port={self.port}", "--bind-address=127.0.0.1",
                *(f"--socket={self._socket}", "--skip-name-resolve", "--max-connections=300"),
                *("--innodb-flush-log-at-trx-commit=2", "--character-set-server=utf8mb4"),
                *("--collation-server=utf8mb4_unicode_ci", "--explicit-defaults-for-timestamp=1"),
            ],
            environment={"PATH": os.environ["PATH"]},
            log=self.home / "mariadb.log",
            user=user,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.part.start()
        wait_until(lambda: listens(self.port) and self._socket.exists(), 60, "MariaDB", every=0.1)

    def create(self) -> None:
        """Make Airflow's database, and a user of it."""
        self.query(f"create database {DATABASE}", database="mysql")
        self.query(f"create user {USER}@127.0.0.1", database="mysql")
        self.query(f"grant all on {DATABASE}.* to {USER}@127.0.0.1", database="mysql")

    def stop(self) -> None:
        """Stop it and cut off all sessions; data stay."""
        self.part.end()

    def query(self, sql: str, *, database: str = DATABASE) -> list[list[str]]:
        """The rows of a query, as text."""
        ran = self._run(
            "mariadb", "--no-defaults", f"--socket={self._socket}", "--user=root", "-BN", database, "-e", sql
        )
        return [line.split("\t") for line in ran.splitlines()]

    @property
    def url(self) -> str:
        """For SQLAlchemy."""
        return f"mysql+mysqldb://{USER}@127.0.0.1:{self.port}/{DATABASE}?charset=utf8mb4"

    def _run(self, program: str, *arguments: str) -> str:
        ran = subprocess.run([program, *arguments], cwd=self._folder, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"{program}: {ran.stderr.strip()[-500:]}")
        return ran.stdout
