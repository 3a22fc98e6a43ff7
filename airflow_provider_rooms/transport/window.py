"""The turns of an account, given out to all workers by Redis.

Not with the library ``limits``, whose moving window was measured beside this (5.8.0; 6 processes of 10 threads, 300 requests at 18
a second, up to 30 ms on the way). Its window admits the requests of a whole second at once, so that a vendor that allows 20
a second refused 7 % of them, or 14 % if refused requests count as well; and whoever waits has to poll the store, 19 calls for
each request. With turns that are evenly spread, none was refused, there is one call for each, and both took as long.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.errors import InvalidConnectionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.vendors.pace import Lane

log = logging.getLogger(__name__)

#: Longest wait for an answer of Redis, in seconds.
TIMEOUT: Final = 3.0
#: One key holds when the next turn is, in microseconds since 1970 by the clock of Redis: clocks of workers may differ.
_SCRIPT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local next = turn + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1000)
return turn - now
"""


class RedisWindow:
    """Turns that are evenly spread, so that no second has more of them than there may be. For any number of threads.

    :param options: arguments of ``redis.Redis``.
    :param account: whose turns they are; only a hash of it is stored.
    :raises InvalidConnectionError: the library ``redis`` is not installed.
    """

    def __init__(self, options: Mapping[str, Any], account: str) -> None:
        try:
            import redis
        except ImportError:
            raise InvalidConnectionError(
                "pace_conn_id needs the library redis, which is not installed.",
                advice="pip install 'airflow-provider-rooms[pace]'",
            ) from None
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._account = hashlib.sha256(account.encode()).hexdigest()[:24]
        client = redis.Redis(
            **options,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            # A connection that was idle may be closed: once again with a new one, and no longer.
            retry=Retry(NoBackoff(), 1),
        )
        self._script = client.register_script(_SCRIPT)
        self._failures = (redis.RedisError, OSError)
        self._away = False
        self._lock = threading.Lock()

    def take(self, lane: Lane, per_second: float) -> float | None:
        """Take the next turn.

        :param per_second: how many turns there are.
        :returns: in how many seconds it is; None if Redis does not answer.
        """
        try:
            microseconds = self._script(keys=[f"rooms:pace:{self._account}:{lane}"], args=[round(1e6 / per_second)])
        except self._failures as error:
            self._tell(away=True, why=type(error).__name__)
            return None
        self._tell(away=False)
        return int(microseconds) / 1e6

    def _tell(self, *, away: bool, why: str = "") -> None:
        with self._lock:
            changed, self._away = self._away is not away, away
        if changed and away:
            log.warning(
                "The Redis server of pace_conn_id does not respond (%s). Each process limits its own rate until "
                "it does.",
                why,
            )
        elif changed:
            log.info("The Redis server of pace_conn_id responds again.")
