"""What REST APIs have in common: resources with ids, lists that come page by page, things that are not there.

A vendor names its resources as data and the way its lists go on; reading, listing, creating and deleting are written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.listing import ListPage
from airflow_provider_rooms.vendors.exchange import Exchange, as_items, as_object, parse_time
from airflow_provider_rooms.vendors.flow import Flow, Page, Request, gathered, next_page, paged, segment

if TYPE_CHECKING:
    import datetime as dt

    from airflow_provider_rooms.vendors.flow import Response

T = TypeVar("T")

Item = Mapping[str, Any]
#: A page of a list, and what is needed to ask for the next one; None after the last.
PageOf = tuple[list[T], Any]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A collection of things of one kind.

    :param path: where it lies.
    :param key: the field of a thing that holds its id.
    :param items: where in an answer the list of things stands, as a dotted path.
    :param empty_is_404: whether a list without any thing may be answered by "not found".
    """

    path: str
    key: str = "id"
    items: str = "data"
    empty_is_404: bool = False

    def at(self, *parts: Any) -> str:
        """The path of one thing, or of something below it.

        :param parts: the thing's id, and what follows.
        """
        return "/".join([self.path, *(segment(str(part)) for part in parts)])


class Cursor(Protocol):
    """How the lists of a vendor go on. The last two methods are for those whose answers tell more."""

    def ask(self, path: str, filters: Item, cursor: Any, base_url: str) -> tuple[str, Item]:
        """Path and query of a page.

        :param filters: of the query; they win over the usual length of a page.
        :param cursor: what :meth:`after` gave for the page before; None for the first.
        """
        ...

    def after(self, body: Any, items: list[Item], cursor: Any) -> Any:
        """The cursor of the next page; None after the last."""
        ...

    def beyond(self, body: Any, items: list[Item], cursor: Any) -> Any:
        """The cursor of what would come after this page if it were not the last; None where there is no telling."""
        return None

    def told(self, body: Any) -> tuple[int | None, int | None, int | None]:
        """The length of a page that was granted, how many pages the list has, and how many items."""
        return None, None, None


@dataclass(frozen=True, kw_only=True)
class PageNumbers(Cursor):
    """Pages have numbers from 1 on, and an answer says how many there are.

    :param size: the parameter for the length of a page, and its value.
    :param number: the parameter for the number of the page.
    :param last: where in an answer the number of the last page stands, as a dotted path.
    :param total: where the number of all items stands.
    """

    size: tuple[str, int]
    number: str
    last: str
    total: str = ""

    def ask(self, path: str, filters: Item, cursor: Any, base_url: str) -> tuple[str, Item]:
        """The page of that number."""
        return path, {**dict([self.size]), **filters, self.number: cursor or 1}

    def after(self, body: Any, items: list[Item], cursor: Any) -> int | None:
        """The next number; an empty page ends the list too."""
        number, last = cursor or 1, at_path(body, self.last)
        return number + 1 if items and isinstance(last, int) and number < last else None

    def told(self, body: Any) -> tuple[int | None, int | None, int | None]:
        """Pages and items, which say all there is to know."""
        return None, _count(at_path(body, self.last)), _count(at_path(body, self.total))


@dataclass(frozen=True, kw_only=True)
class LastItem(Cursor):
    """An answer names its last item, after which the next page starts.

    It does so on the final page too: a short page ends the list, and so does a cursor that stands still.

    :param size: the parameter for the length of a page, and its value; an answer says what it was granted under the same name.
    :param start: the parameter for the item to start after.
    :param last: where in an answer its last item is named.
    """

    size: tuple[str, int]
    start: str
    last: str

    def ask(self, path: str, filters: Item, cursor: Any, base_url: str) -> tuple[str, Item]:
        """The page after that item."""
        return path, {**dict([self.size]), **filters, self.start: cursor}

    def after(self, body: Any, items: list[Item], cursor: Any) -> str | None:
        """The last item of a full page."""
        granted = at_path(body, self.size[0])
        full = bool(items) and isinstance(granted, int) and len(items) >= granted
        return self.beyond(body, items, cursor) if full else None

    def beyond(self, body: Any, items: list[Item], cursor: Any) -> str | None:
        """The last item of any page that has one."""
        last = at_path(body, self.last)
        return last if items and isinstance(last, str) and last and last != cursor else None

    def told(self, body: Any) -> tuple[int | None, int | None, int | None]:
        """The length of a page."""
        return _count(at_path(body, self.size[0])), None, None


@dataclass(frozen=True, kw_only=True)
class NextUrl(Cursor):
    """An answer holds the URL of the next page, which is followed only below our own base URL: it gets credentials.

    :param size: the parameter for the length of a page, and its value.
    :param url: where in an answer that URL stands, as a dotted path.
    :param granted: where the length of a page stands that was granted.
    """

    size: tuple[str, int]
    url: str
    granted: str = ""

    def ask(self, path: str, filters: Item, cursor: Any, base_url: str) -> tuple[str, Item]:
        """That URL, which holds the filters already."""
        if cursor is None:
            return path, {**dict([self.size]), **filters}
        if not cursor.startswith(f"{base_url}/"):
            raise errors.UnreadableAnswerError(
                "The link to the next page points to another host; credentials are not sent there."
            )
        parts = urlsplit(cursor[len(base_url) :])
        return parts.path, dict(parse_qsl(parts.query))

    def after(self, body: Any, items: list[Item], cursor: Any) -> str | None:
        """The URL, unless it is the one just asked for."""
        url = at_path(body, self.url)
        return url if isinstance(url, str) and url and url != cursor else None

    def told(self, body: Any) -> tuple[int | None, int | None, int | None]:
        """The length of a page."""
        return _count(at_path(body, self.granted)), None, None


class Rest(Exchange):
    """Reads and writes resources; see :class:`Resource`."""

    #: How lists go on; None where the vendor gives each in one piece.
    cursor: ClassVar[Cursor | None] = None

    def an_object(self, key: str) -> Callable[[Response], Item]:
        """Reads answers that are one thing."""
        return lambda response: as_object(self.decode(response), key=key, status=response.status)

    def item(self, resource: Resource, identity: str, **kwargs: Any) -> Flow[Item]:
        """One thing by its id; see :meth:`exchange`.

        :raises NotFoundError: there is none.
        """
        return self.fetch(resource.at(identity), self.an_object(resource.key), **kwargs)

    def page(self, resource: Resource, filters: Item, cursor: Any = None) -> Flow[PageOf[Item]]:
        """A page of a list.

        :param filters: of the query; they win over the usual length of a page.
        """
        found = yield from self.list_page(resource, filters, cursor)
        return found.items, found.following

    def list_page(self, resource: Resource, filters: Item, cursor: Any = None) -> Flow[ListPage]:
        """A page of a list, with all that it tells about the list."""
        path, query = resource.path, filters
        if self.cursor:
            path, query = self.cursor.ask(path, filters, cursor, self.config.base_url)
        try:
            body = yield from self.fetch(path, partial(self._listed, resource), query)
        except errors.NotFoundError:
            if not resource.empty_is_404:
                raise
            return ListPage(items=[])
        items = items_at(body, resource.items)
        if not self.cursor:
            return ListPage(items=items)
        granted, pages, total = self.cursor.told(body)
        return ListPage(
            items=items,
            following=self.cursor.after(body, items, cursor),
            beyond=self.cursor.beyond(body, items, cursor),
            granted=granted,
            pages=pages,
            total=total,
        )

    def _listed(self, resource: Resource, response: Response) -> Any:
        body = self.decode(response)
        items_at(body, resource.items)  # an answer that has no list counts as lost
        return body

    def listed(
        self,
        resource: Resource,
        filters: Item,
        read: Callable[[Item], T | None],
        keep: Callable[[T], bool] = lambda thing: True,
    ) -> Flow[None]:
        """A list page by page.

        :param read: makes of an item what is listed; None leaves it out.
        :param keep: which of those are wanted.
        """

        def page(cursor: Any) -> Flow[PageOf[T]]:
            items, following = yield from self.page(resource, filters, cursor)
            return [thing for item in items if (thing := read(item)) is not None], following

        return paged(page, keep)

    def items(self, resource: Resource, filters: Item) -> Flow[list[Item]]:
        """A list read to its end."""
        return gathered(self.listed(resource, filters, lambda item: item))

    def first(self, resource: Resource, filters: Item, fits: Callable[[Item], bool]) -> Flow[Item | None]:
        """The first item of a list that fits; pages after it are not read."""
        found = yield from gathered(self.listed(resource, filters, lambda item: item, fits), most=1)
        return found[0] if found else None

    def delete(self, path: str, **kwargs: Any) -> Flow[None]:
        """DELETE; see :meth:`exchange`.

        :raises NotFoundError: it is gone, perhaps by a first try whose answer was lost.
        """
        yield from self.call(Request(method="DELETE", path=path), repeatable=True, **kwargs)


def or_none(flow: Flow[T]) -> Flow[T | None]:
    """What a flow reads; None where the vendor says that it is not there."""
    try:
        return (yield from flow)
    except errors.NotFoundError:
        return None


def newest_first(pages: Flow[None], began: Callable[[Any], str | None], since: dt.datetime) -> Flow[None]:
    """A list up to a page that is older as a whole, if newest came first until there; else all of it.

    Not every vendor says how it sorts, and lists go back for years.
    """
    before: dt.datetime | None = None
    in_order = True
    while (page := (yield from next_page(pages))) is not None:
        times = [parse_time(began(item)) for item in page]
        for moment in times:
            in_order = in_order and moment is not None and (before is None or moment <= before)
            before = moment
        yield Page(page)
        if in_order and times and (times[0] or since) < since:
            pages.close()
            return


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def at_path(body: Any, path: str) -> Any:
    """What stands at a dotted path of an answer; None where there is nothing."""
    for key in path.split("."):
        body = body.get(key) if isinstance(body, Mapping) else None
    return body


def items_at(body: Any, path: str) -> list[Item]:
    """The list at a dotted path of an answer.

    :raises UnreadableAnswerError: there is none.
    """
    above, _, last = path.rpartition(".")
    return as_items((at_path(body, above) or {}) if above else body, last)
