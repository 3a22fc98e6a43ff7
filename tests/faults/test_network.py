"""Certificates and proxies of the environment: both drivers do the same, or refuse the same in the same words."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import ipaddress
import logging
import re
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from both_drivers import MODES, ensure_room
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from vendor_traits import ANY

from airflow_provider_rooms import errors
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.testing.wire import Wire
from airflow_provider_rooms.transport.drivers import AsyncTransport, BlockingTransport
from airflow_provider_rooms.transport.environment import CA_VARIABLES, PAGE
from airflow_provider_rooms.transport.network import async_client, blocking_session
from airflow_provider_rooms.vendors.flow import Fetch

VENDORS = tuple(BY_TYPE)
PROXIES = [name for kind in ("http", "https", "all", "no") for name in (f"{kind}_proxy", f"{kind.upper()}_PROXY")]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*CA_VARIABLES, *PROXIES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def behind(rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let every default connection lead to another base URL in place of the sandbox's."""

    def lead(url: str) -> None:
        for name, value in rooms_sandbox.env().items():
            monkeypatch.setenv(name, value.replace(rooms_sandbox.url, url))

    return lead


def both(conn_type: str = ANY.conn_type, **spec: Any) -> Any:
    """What both drivers say alike: an outcome, or an error."""
    answers: list[Any] = []
    for mode in MODES:
        try:
            answers.append(ensure_room(mode, f"{conn_type}_default", name=f"by-{mode}", **spec).outcome)
        except errors.RoomsError as error:
            answers.append(error)
    told = {(type(answer), str(answer).replace(mode, "…")) for answer, mode in zip(answers, MODES, strict=True)}
    assert len(told) == 1, told
    return answers[0]


# -- certificates ---------------------------------------------------------------------------------------------------------


def _certificate(name: str, key: Any, issuer: x509.Name, signer: Any, *, authority: bool) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if authority:
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
        )
        usage |= {"decipher_only": False, "digital_signature": True, "key_cert_sign": True, "crl_sign": True}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    else:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority of one's own: its file, a folder of it for OpenSSL, and a server's certificate and key."""
    home = tmp_path_factory.mktemp("authority")
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name("rooms test authority")
    signed = _certificate("rooms test authority", root, issuer, root, authority=True)
    pem = signed.public_bytes(serialization.Encoding.PEM)
    (home / "own.pem").write_bytes(pem)
    # The name that `openssl rehash` gives: over the canonical name, without the header of the sequence.
    hashed = int.from_bytes(hashlib.sha1(issuer.public_bytes()[2:]).digest()[:4], "little")
    (home / "folder").mkdir()
    (home / "folder" / f"{hashed:08x}.0").write_bytes(pem)
    server = _certificate("127.0.0.1", leaf, issuer, root, authority=False)
    (home / "server.pem").write_bytes(server.public_bytes(serialization.Encoding.PEM))
    (home / "server.key").write_bytes(
        leaf.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return home


@pytest.fixture
def tls(rooms_sandbox: Any, authority: Path, behind: Any) -> Iterator[Wire]:
    """The sandbox behind TLS, its certificate signed by an authority that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem", authority / "server.key")
    with Wire(rooms_sandbox.url, tls=context) as wire:
        behind(wire.url)
        yield wire


@pytest.mark.parametrize("conn_type", VENDORS)
def test_a_refused_certificate_is_tried_once_and_named_with_what_decides(conn_type: str, tls: Wire) -> None:
    error = both(conn_type)
    assert isinstance(error, errors.TlsError)
    assert "no response: the certificate was not accepted (unable to get local issuer certificate)." in str(error)
    assert f"set SSL_CERT_FILE to its file. {PAGE}" in str(error)
    assert tls.connections == len(MODES)


@pytest.mark.parametrize("variable", CA_VARIABLES)
@pytest.mark.parametrize("kind", ["own.pem", "folder"])
def test_an_authority_of_ones_own_is_known_to_both_drivers(
    variable: str, kind: str, tls: Wire, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(authority / kind))
    assert both() == "created"


def test_the_first_variable_decides_and_is_named(
    tls: Wire, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    shutil.copy(authority / "server.pem", other)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "own.pem"))
    error = both()
    assert isinstance(error, errors.TlsError)
    assert f"It was checked against {other}, which is set in REQUESTS_CA_BUNDLE" in str(error)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority / "own.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    assert both() == "created"


def rubbish(path: Path) -> None:
    path.write_text("-----BEGIN CERTIFICATE-----\nnot base64\n")


UNUSABLE: list[tuple[Callable[[Path], Any], str]] = [
    (lambda path: None, "no such file or directory"),
    (lambda path: path.write_text(""), "no readable certificate"),
    (lambda path: path.write_bytes(b"\0\1\2"), "no readable certificate"),
    (rubbish, "it contains no readable certificate"),
    (lambda path: path.mkdir(), "run openssl rehash"),
]


@pytest.mark.parametrize("variable", CA_VARIABLES)
@pytest.mark.parametrize(("make", "words"), UNUSABLE)
def test_certificates_that_cannot_be_used_are_refused_before_any_request(
    variable: str, make: Any, words: str, tls: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own"
    make(path)
    monkeypatch.setenv(variable, str(path))
    error = both()
    assert isinstance(error, errors.InvalidConnectionError)
    assert re.search(rf"{variable} cannot be used: {path}: .*({words})\. Set it to a file", str(error))
    assert PAGE in str(error)
    assert tls.connections == 0
    works, told = get_rooms_hook(ANY.conn_id).test_connection()
    assert (works, variable in told) == (False, True)


def test_certificates_that_nobody_needs_may_be_unusable(
    rooms_sandbox: Any, behind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind(rooms_sandbox.url)
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    assert both() == "created"


def test_a_session_of_the_hook_takes_the_certificates_that_it_is_given(
    tls: Wire, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = blocking_session()
    assert session.get(f"{tls.url}/x", verify=str(authority / "own.pem"), timeout=5).status_code == 404
    assert session.get(f"{tls.url}/x", verify=str(authority / "folder"), timeout=5).status_code == 404
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority / "own.pem"))
    assert session.get(f"{tls.url}/x", timeout=5).status_code == 404


# -- a host that speaks http ------------------------------------------------------------------------------------------------


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[Any]:
    """A server on a free port that does this with each connection; its address and how many connections came."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    seen: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            seen.append(sock)
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def speaks_http(sock: socket.socket) -> None:
    with sock:
        sock.recv(100)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def test_a_host_that_speaks_http_is_told_apart_and_tried_once(behind: Any, rooms_sandbox: Any) -> None:
    path = rooms_sandbox.connection(ANY.conn_type)["host"].rpartition("/")[2]
    with listening(speaks_http) as (place, seen):
        behind(f"https://{place}")
        error = both()
        assert isinstance(error, errors.TlsError)
        assert "no response: the host does not speak TLS (https)." in str(error)
        assert f"set the connection's host to http://{place}/{path}" in str(error)
        assert f"(in a connection URI: http%3A%2F%2F{place.replace(':', '%3A')}%2F{path})" in str(error)
        assert len(seen) == len(MODES)


@pytest.mark.parametrize("mode", MODES)
def test_a_file_that_cannot_be_had_is_told_why_and_its_link_is_not_shown(mode: str, tls: Wire) -> None:
    wanted = Fetch(url=f"{tls.url}/film.mp4?signature=canary", timeout=5)

    async def awaited() -> None:
        async with async_client() as client:
            await AsyncTransport(client, "").fetch(wanted)

    def blocking() -> None:
        BlockingTransport(blocking_session(), "").fetch(wanted)

    with pytest.raises(errors.TlsError, match="could not be read: the certificate was not accepted") as caught:
        blocking() if mode == "blocking" else asyncio.run(awaited())
    assert "canary" not in str(caught.value)


# -- proxies --------------------------------------------------------------------------------------------------------------


def tunnel(status: str) -> Callable[[socket.socket], None]:
    """A proxy that answers CONNECT so, and passes bytes on if that means yes."""

    def serve(sock: socket.socket) -> None:
        with sock:
            asked = b""
            while not asked.endswith(b"\r\n\r\n"):
                asked += sock.recv(1000) or b"\r\n\r\n"
            sock.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
            if status.startswith("200"):
                host, _, port = asked.split()[1].decode().partition(":")
                with socket.create_connection((host, int(port))) as other:
                    threading.Thread(target=passed_on, args=(other, sock), daemon=True).start()
                    passed_on(sock, other)

    return serve


def passed_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.mark.parametrize("conn_type", VENDORS)
@pytest.mark.parametrize("scheme", ["http://user:canary@", "user:canary@", "http://"])
def test_a_proxy_is_used_for_http_whether_its_scheme_is_written_or_not(
    conn_type: str, scheme: str, behind: Any, rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind("http://vendor.invalid")
    with Wire(rooms_sandbox.url) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", scheme))
        assert both(conn_type) == "created"
        assert proxy.count("POST") == len(MODES)


def test_a_proxy_is_used_for_https_and_certificates_are_checked_behind_it(
    tls: Wire, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(tunnel("200 OK")) as (place, seen):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        error = both()
        assert isinstance(error, errors.TlsError)
        assert "no response: the certificate was not accepted" in str(error)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority / "own.pem"))
        assert both() == "created"
        assert len(seen) >= 2 * len(MODES)


NO_WAY: list[tuple[dict[str, str], str]] = [
    ({"HTTPS_PROXY": "http://user:canary@proxy.invalid:3128"}, "the proxy: the host name could not be resolved"),
    ({"ALL_PROXY": "proxy.invalid:3128"}, "the proxy: the host name could not be resolved"),
    ({"https_proxy": "http://user:canary@127.0.0.1:9"}, "the proxy: connection refused"),
]


@pytest.mark.parametrize(("environment", "words"), NO_WAY)
def test_a_proxy_that_is_not_there_is_named(
    environment: dict[str, str], words: str, tls: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    (variable,) = environment
    monkeypatch.setenv(variable, environment[variable])
    error = both()
    assert type(error) is errors.TransportError
    assert f"no response: {words}. [{ANY.kind.title}" in str(error)
    assert (
        f"Check the proxy in {variable}. Hosts and networks listed in NO_PROXY are reached without it. {PAGE}"
        in str(error)
    )
    assert "canary" not in str(error)
    works, told = get_rooms_hook(ANY.conn_id).test_connection()
    assert not works
    assert f"the proxy rejected the request. Check the proxy in {variable}" in told
    assert "canary" not in told


def test_a_proxy_that_refuses_is_named(tls: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(tunnel("403 Forbidden")) as (place, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        assert "the proxy: it rejected the request." in str(both())
    assert tls.connections == 0


REFUSED = [
    ("socks5://user:canary@127.0.0.1:1080", "is set to a proxy of type socks5, which is not supported"),
    ("socks5h://127.0.0.1:1080", "is set to a proxy of type socks5h, which is not supported"),
    ("socks4://127.0.0.1:1080", "is set to a proxy of type socks4, which is not supported"),
    ("ftp://127.0.0.1:21", "is set to a proxy of type ftp, which is not supported"),
    ("http://", "is set to an invalid proxy URL"),
    ("http://127.0.0.1:canary", "is set to an invalid proxy URL"),
    ("http://[", "is set to an invalid proxy URL"),
]


@pytest.mark.parametrize(("proxy", "words"), REFUSED)
@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_proxies_of_other_kinds_are_refused(
    variable: str, proxy: str, words: str, tls: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    error = both()
    assert isinstance(error, errors.InvalidConnectionError)
    assert str(error).startswith(f"{variable} {words}. Set it to an HTTP proxy")
    assert PAGE in str(error)
    assert "canary" not in str(error)
    # Where the proxy does not count, its kind does not either.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert isinstance(both(), errors.TlsError)


@pytest.mark.parametrize("hosts", ["127.0.0.1", "127.0.0.0/8", "10.0.0.0/8, 127.0.0.0/30", "*", "localhost,127.0.0.1"])
def test_no_proxy_takes_addresses_networks_and_everything(
    hosts: str, rooms_sandbox: Any, behind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind(rooms_sandbox.url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", hosts)
    assert both() == "created"


@pytest.mark.parametrize("hosts", ["10.0.0.0/8", "127.0.0.2", "example.org"])
def test_no_proxy_for_others_does_not_count(
    hosts: str, rooms_sandbox: Any, behind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind(rooms_sandbox.url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", hosts)
    assert "the proxy: connection refused" in str(both())


@pytest.mark.parametrize("hosts", ["localhost", ".localhost", "localhost:{port}"])
def test_no_proxy_takes_names(hosts: str, rooms_sandbox: Any, behind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = rooms_sandbox.url.replace("127.0.0.1", "localhost")
    behind(url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", hosts.format(port=url.rpartition(":")[2]))
    assert both() == "created"


# -- many threads -----------------------------------------------------------------------------------------------------------


def test_sixteen_threads_share_a_hook_without_a_warning(
    rooms_sandbox: Any, behind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with Wire(rooms_sandbox.url) as wire:
        behind(wire.url)
        hook = get_rooms_hook(ANY.conn_id)
        together = threading.Barrier(16)

        def ask(number: int) -> Any:
            together.wait(20)
            return hook.ensure_room({"name": f"class-{number}"}).outcome

        with caplog.at_level(logging.WARNING), ThreadPoolExecutor(16) as threads:
            assert set(threads.map(ask, range(16))) == {"created"}
            opened = wire.connections
            assert set(threads.map(ask, range(16))) == {"found"}
        assert "pool" not in caplog.text
        assert wire.connections == opened  # they are kept alive, all of them
