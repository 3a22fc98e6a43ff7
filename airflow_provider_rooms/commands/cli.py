"""``python -m airflow_provider_rooms check``, ``plan`` and ``receive``; on Airflow 3.2 and later also ``airflow rooms check`` and
``plan``.

This module is imported whenever an ``airflow`` command starts, so it imports nothing that Airflow does not import anyway.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.commands import plan as plan_command
from airflow_provider_rooms.commands import receive as receive_command
from airflow_provider_rooms.connections import BY_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP = "test the room connections and explain what to fix"
_DESCRIPTION = (
    "Test room connections, like the Test button in the Airflow UI. Without connection ids, all connections of the types "
    f"{', '.join(BY_TYPE)} (and of vendors from other distributions) in Airflow's database and in AIRFLOW_CONN_* variables "
    "are tested. Connections in a secrets backend cannot be listed, so pass their ids."
)
_EPILOG = "Exit code: 0 if all connections work, 1 if one does not, 2 if there was nothing to test."
_CONN_IDS = "connections to test (default: all room connections)"


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m airflow_provider_rooms``; returns the exit code. Without a command: the help, and 2 as for any usage error."""
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_rooms",
        description="Video rooms for Apache Airflow.",
        epilog="The sandbox, which simulates the vendors, starts with: python -m airflow_provider_rooms.sandbox",
    )
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="command")
    check = commands.add_parser("check", help=_HELP, description=_DESCRIPTION, epilog=_EPILOG)
    check.add_argument("conn_ids", nargs="*", metavar="conn_id", help=_CONN_IDS)
    plan = commands.add_parser(
        "plan", help=plan_command.HELP, description=plan_command.DESCRIPTION, epilog=plan_command.EPILOG
    )
    plan_command.add_arguments(plan)
    plan.set_defaults(run=plan_command.command)
    receive = commands.add_parser(
        "receive", help=receive_command.HELP, description=receive_command.DESCRIPTION, epilog=receive_command.EPILOG
    )
    receive_command.add_arguments(receive)
    receive.set_defaults(run=receive_command.command)
    check.set_defaults(run=_check)
    given = parser.parse_args(argv)
    if given.run is None:
        parser.print_help(sys.stderr)
        return 2
    code: int = given.run(given)
    return code


def _check(given: argparse.Namespace) -> int:
    from airflow_provider_rooms.commands.check import check_connections

    return check_connections(given.conn_ids)


def get_cli_commands() -> list[Any]:
    """The command group ``airflow rooms``."""
    from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand, lazy_load_command

    check = ActionCommand(
        name="check",
        help=_HELP.capitalize(),
        description=_DESCRIPTION,
        epilog=_EPILOG,
        func=lazy_load_command("airflow_provider_rooms.commands.check.airflow_command"),
        args=(Arg(("conn_ids",), nargs="*", metavar="conn_id", help=_CONN_IDS),),  # type: ignore[no-untyped-call]
    )
    plan = ActionCommand(
        name="plan",
        help=plan_command.HELP.capitalize(),
        description=plan_command.DESCRIPTION,
        epilog=plan_command.EPILOG,
        func=lazy_load_command("airflow_provider_rooms.commands.plan.airflow_command"),
        args=[Arg(option.flags, **option.settings) for option in plan_command.OPTIONS],  # type: ignore[no-untyped-call]
    )
    return [GroupCommand(name="rooms", help="Video rooms", subcommands=[check, plan])]
