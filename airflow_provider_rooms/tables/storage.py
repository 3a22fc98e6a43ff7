"""Files in a storage that are whole or not there: built in a local file and handed over in one piece."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_rooms.errors import (
    AccessDeniedError,
    ConnectionNotFoundError,
    InvalidSpecError,
    NotFoundError,
    RoomsError,
    TransportError,
)
from airflow_provider_rooms.hooks.lookup import find_connection
from airflow_provider_rooms.values import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.providers.common.compat.sdk import ObjectStoragePath

#: Protocols of a folder of the worker.
LOCAL = ("file", "local", "")
_ABSOLUTE = re.compile(r"((file|local):(//)?)?/(?!/)")
#: What a storage's refusal means, and what to do.
_REFUSALS: tuple[tuple[Any, type[RoomsError], str | None], ...] = (
    (
        PermissionError,
        AccessDeniedError,
        "Check the permissions of the connection, or of the worker's user, for this location.",
    ),
    (FileNotFoundError, NotFoundError, "Create the bucket, or correct its name."),
    (
        (IsADirectoryError, NotADirectoryError, FileExistsError),
        InvalidSpecError,
        "Use the path of a file, not of a folder.",
    ),
    (OSError, TransportError, None),
)
#: What a worker that was killed left behind is taken away after this long, in seconds.
_LEFT_BEHIND = 24 * 3600


def read_target(to: object, *, example: str) -> str:
    """Where to write, with everything checked that can be known without writing.

    :param example: such a URL.
    :raises InvalidSpecError: nothing given, an unknown scheme, or a path that is another place on each worker.
    """
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    text = read_text("to", to)
    if text is None:
        raise InvalidSpecError(f"to: expected a URL such as s3://conn@bucket/{example}.")
    if conn_id := urlsplit(text).username:
        # What Airflow cannot look up just now, storages do without, and without a word.
        with contextlib.suppress(ConnectionNotFoundError):
            find_connection(conn_id, "your storage")
    try:
        path = ObjectStoragePath(text)
        path.fs  # noqa: B018 - looked up at the first use, which would be after the calls
    except (ValueError, ImportError) as error:
        raise InvalidSpecError(
            f"to: Airflow cannot write there: {error}.",
            advice="Install the package for this scheme, such as apache-airflow-providers-amazon[s3fs] for s3://.",
        ) from None
    if path.protocol in LOCAL and not _ABSOLUTE.match(text):
        raise InvalidSpecError(
            f"to: {text!r} is not an absolute path, so it would be a different folder on each worker.",
            advice=f"Use file:///data/{example}, or the URL of an object store.",
        )
    return text


@contextlib.contextmanager
def whole_file(target: ObjectStoragePath, *, columns: Any = None) -> Iterator[Path]:
    """A local file to be written, which becomes the target when the block has ended without an error.

    Whatever happens before, an exception or a kill, the target is what it was: the file of an earlier run, or none.

    :param columns: what is told to lineage of the file's columns.
    :raises RoomsError: the storage refuses it.
    """
    try:
        with _beside(target) if target.protocol in LOCAL else _sent(target) as path:
            yield path
    except OSError as error:
        kind, advice = next((kind, advice) for causes, kind, advice in _REFUSALS if isinstance(error, causes))
        raise kind(f"{target} could not be written: {error}.", advice=advice) from error
    _tell_lineage(target, columns)


@contextlib.contextmanager
def _beside(target: ObjectStoragePath) -> Iterator[Path]:
    """A file of the same folder, and so of the same file system: it is moved into place in one step."""
    goal = Path(os.path.realpath(target.path))
    goal.parent.mkdir(parents=True, exist_ok=True)
    _sweep(goal)
    part = goal.with_name(f".{goal.name}.{secrets.token_hex(4)}.part")
    try:
        part.touch(exist_ok=False)
        yield part
        _sync(part)
        part.replace(goal)
        _sync(goal.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _sent(target: ObjectStoragePath) -> Iterator[Path]:
    """A file of the worker, sent as one object: a storage shows an object only once all of it has come."""
    with tempfile.TemporaryDirectory(prefix="rooms-") as folder:
        path = Path(folder, target.name)
        yield path
        target.fs.put_file(str(path), target.path)


def _sync(path: Path) -> None:
    """Have the operating system write to the disk what it holds of a file or a folder."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sweep(goal: Path) -> None:
    """Take away what killed workers left of earlier tries; another one may be at work right now."""
    for part in goal.parent.glob(f".{_literal(goal.name)}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFT_BEHIND:
                part.unlink()


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _tell_lineage(target: ObjectStoragePath, columns: Any) -> None:
    """What ``ObjectStoragePath.open`` would have reported; files are handed over without it."""
    from airflow.providers.common.compat.lineage.hook import get_hook_lineage_collector

    extra = {"columns": columns} if columns else None
    collector = get_hook_lineage_collector()  # type: ignore[no-untyped-call]
    collector.add_output_asset(context=target, uri=str(target), asset_extra=extra)
