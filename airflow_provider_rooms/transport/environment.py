"""What this machine is told about certificates and proxies: read here for both drivers, so that both do the same."""

from __future__ import annotations

import functools
import os
import re
import ssl
from urllib.parse import quote, urlsplit

from airflow_provider_rooms.errors import InvalidConnectionError

#: Where people name a certificate authority of their own, in the order in which they are looked at: requests knows the first
#: two, httpx and OpenSSL the others.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
#: Where people name proxies, and hosts that are reached without; and what Python goes by in a CGI script.
PROXY_VARIABLES = tuple(
    spelling
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "request_method")
    for spelling in (name, name.upper())
)
#: Explains these variables and those of proxies.
PAGE = "See https://airflow-provider-rooms.readthedocs.io/en/latest/connections/#certificates-and-proxies"

# What OpenSSL looks for in a folder: the hash of a certificate's subject.
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def ssl_context() -> ssl.SSLContext:
    """What certificates of hosts are checked with, for every connection of this process.

    :raises InvalidConnectionError: a variable names a file or folder without certificates.
    """
    return _context(*_named())


def _named() -> tuple[str | None, str]:
    """The variable that decides and the path in it; None and requests' own file where no variable is set."""
    for variable in CA_VARIABLES:
        if path := os.environ.get(variable):
            return variable, path
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return None, DEFAULT_CA_BUNDLE_PATH


@functools.cache
def _context(variable: str | None, path: str) -> ssl.SSLContext:
    """Reading all certificates takes 20 ms: once, not for each connection."""
    folders = [folder for folder in path.split(os.pathsep) if os.path.isdir(folder)]
    try:
        if not folders:
            return ssl.create_default_context(cafile=path)
        if any(_HASHED.fullmatch(name) for folder in folders for name in os.listdir(folder)):
            return ssl.create_default_context(capath=path)
        problem = "it has no certificate under the file name that OpenSSL looks for; run openssl rehash"
    except ssl.SSLError:
        problem = "it contains no readable certificate"
    except OSError as error:
        problem = (error.strerror or type(error).__name__).lower()
    raise InvalidConnectionError(
        f"{variable or 'The certificate file of requests'} cannot be used: {path}: {problem}.",
        advice=f"Set it to a file with certificates (PEM), or to a folder of them. {PAGE}",
    )


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for a URL, as requests reads it: networks in ``NO_PROXY`` too.

    :raises InvalidConnectionError: it is of a kind that is not supported, or no URL.
    """
    parts = urlsplit(url)
    return _proxy_for(f"{parts.scheme}://{parts.netloc}/", tuple(map(os.environ.get, PROXY_VARIABLES)))


@functools.lru_cache(maxsize=100)
def _proxy_for(origin: str, variables: tuple[str | None, ...]) -> str | None:
    """requests goes through the whole environment twice, which for each of a thousand requests is a tenth of what they cost."""
    from requests.utils import get_environ_proxies, select_proxy

    proxy = select_proxy(origin, get_environ_proxies(origin))
    return checked_proxy(proxy, origin) if proxy else None


def checked_proxy(proxy: str, url: str) -> str:
    """A proxy's URL with its scheme; ``http`` where it has none.

    :param url: what is asked for through it.
    :raises InvalidConnectionError: another scheme than ``http`` and ``https``, or no host. The proxy itself is not shown: it may
        hold a password.
    """
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    if usable and parts.scheme in ("http", "https"):
        return proxy
    what = f"a proxy of type {parts.scheme}, which is not supported" if usable else "an invalid proxy URL"
    raise InvalidConnectionError(
        f"{proxy_variable(url)} is set to {what}.",
        advice=f"Set it to an HTTP proxy, such as http://proxy.example.org:3128, or add the host to NO_PROXY. {PAGE}",
    )


def proxy_variable(url: str) -> str:
    """The variable that names the proxy for a URL."""
    scheme = urlsplit(url).scheme
    names = [name for kind in (scheme, "all") for name in (f"{kind}_proxy", f"{kind}_proxy".upper())]
    return next((name for name in names if os.environ.get(name)), f"{scheme.upper()}_PROXY")


def proxy_advice(url: str) -> str:
    """What to do about a proxy that does not do its work."""
    return (
        f"Check the proxy in {proxy_variable(url)}. Hosts and networks listed in NO_PROXY are reached "
        f"without it. {PAGE}"
    )


def certificate_advice() -> str:
    """What to do about a certificate that is not accepted."""
    variable, path = _named()
    if variable is None:
        return (
            "If a private certificate authority signed it (company proxies often do this), set SSL_CERT_FILE "
            f"to its file. {PAGE}"
        )
    return (
        f"It was checked against {path}, which is set in {variable}. That file must contain the authority "
        f"that signed it. {PAGE}"
    )


def scheme_advice(base_url: str) -> str:
    """What to do about a host that does not speak TLS."""
    plain = f"http://{base_url.partition('://')[2]}"
    return (
        f"If the host uses plain http, set the connection's host to {plain} (in a connection URI: "
        f"{quote(plain, safe='')}). {PAGE}"
    )
