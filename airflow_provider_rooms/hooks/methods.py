"""Flows as methods, each written once: blocking on a hook, awaitable under the same name on ``hook.aio``.

A method is a descriptor: whoever reads it from a :class:`Blocking` object gets a function that runs the flow, from an
:class:`Awaiting` one a function to be awaited. Type checkers and editors read the same from the overloads of ``__get__``.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from abc import abstractmethod
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from contextlib import AbstractAsyncContextManager

    from airflow_provider_rooms.transport.drivers import AsyncOpenFile, AsyncTransport, BlockingTransport, OpenFile
    from airflow_provider_rooms.vendors.flow import Download, Flow, Pages

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., Any]")


class Blocking:
    """Runs flows in the thread that calls."""

    @property
    @abstractmethod
    def transport(self) -> BlockingTransport:
        """What runs them."""


class Awaiting:
    """Runs flows in an event loop."""

    @abstractmethod
    async def connect(self) -> AsyncTransport:
        """What runs them, ready to be used."""


class _Method:
    """Two functions with the docstring and the parameters of one flow; the owner decides which of them it has."""

    _blocking: Callable[..., Any]
    _awaiting: Callable[..., Any]

    def _bind(self, owner: object, kind: type | None) -> Any:
        function = self._awaiting if issubclass(kind or type(owner), Awaiting) else self._blocking
        return function if owner is None else MethodType(function, owner)


def _like(make: Callable[..., Any], returns: str = "{}") -> Callable[[F], F]:
    """``functools.wraps`` for what runs a flow: it returns something else than the flow.

    :param returns: the annotation of what is returned, ``{}`` for the flow's result or items.
    """
    made = inspect.signature(make)
    _, _, result = str(made.return_annotation).partition("[")
    signature = made.replace(return_annotation=returns.format(result.removesuffix("]")))

    def decorate(function: F) -> F:
        functools.update_wrapper(function, make)
        function.__signature__ = signature  # type: ignore[attr-defined]
        return function

    return decorate


class flow_method(_Method, Generic[P, T]):  # noqa: N801 - used as a decorator, as property is
    """A flow as a method: it returns the flow's result, or is awaited for it."""

    def __init__(self, make: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        @_like(make)
        def blocking(owner: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> T:
            return owner.transport.run(make(owner, *args, **kwargs))

        @_like(make)
        async def awaiting(owner: Awaiting, /, *args: P.args, **kwargs: P.kwargs) -> T:
            transport = await owner.connect()
            return await transport.run(make(owner, *args, **kwargs))

        self._blocking, self._awaiting = blocking, awaiting

    @overload
    def __get__(self, owner: None, kind: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, owner: Blocking, kind: type | None = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, owner: Awaiting, kind: type | None = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, owner: object, kind: type | None = None) -> Any:
        return self._bind(owner, kind)


class list_method(_Method, Generic[P, T]):  # noqa: N801
    """A paged flow as a method: it returns a lazy iterator, or an async one."""

    def __init__(self, make: Callable[Concatenate[Any, P], Pages[T]]) -> None:
        @_like(make, "Iterator[{}]")
        def blocking(owner: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
            return owner.transport.iterate(make(owner, *args, **kwargs))

        @_like(make, "AsyncIterator[{}]")
        async def awaiting(owner: Awaiting, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
            transport = await owner.connect()
            async for item in transport.iterate(make(owner, *args, **kwargs)):
                yield item

        self._blocking, self._awaiting = blocking, awaiting

    @overload
    def __get__(self, owner: None, kind: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, owner: Blocking, kind: type | None = None) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, owner: Awaiting, kind: type | None = None) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, owner: object, kind: type | None = None) -> Any:
        return self._bind(owner, kind)


class file_method(_Method, Generic[P]):  # noqa: N801
    """A flow that opens a file as a method: for ``with``, or for ``async with``."""

    def __init__(self, make: Callable[Concatenate[Any, P], Flow[Download]]) -> None:
        @_like(make, "OpenFile")
        def blocking(owner: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> OpenFile:
            return owner.transport.open(make(owner, *args, **kwargs))

        @_like(make, "AbstractAsyncContextManager[AsyncOpenFile]")
        @contextlib.asynccontextmanager
        async def awaiting(owner: Awaiting, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[AsyncOpenFile]:
            transport = await owner.connect()
            file = await transport.open(make(owner, *args, **kwargs))
            try:
                yield file
            finally:
                await file.aclose()

        self._blocking, self._awaiting = blocking, awaiting

    @overload
    def __get__(self, owner: None, kind: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, owner: Blocking, kind: type | None = None) -> Callable[P, OpenFile]: ...
    @overload
    def __get__(
        self, owner: Awaiting, kind: type | None = None
    ) -> Callable[P, AbstractAsyncContextManager[AsyncOpenFile]]: ...
    def __get__(self, owner: object, kind: type | None = None) -> Any:
        return self._bind(owner, kind)
