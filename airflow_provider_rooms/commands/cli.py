"""``python -m airflow_provider_rooms check``, ``plan`` and ``receive``; on Airflow 3.2 and later also ``airflow rooms check`` and
``plan``.

Imported whenever any ``airflow`` command starts, so nothing is loaded here that such a start does not load itself.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.commands import plan as plan_command
from airflow_provider_rooms.commands import receive as receive_command
from airflow_provider_rooms.connections import BY_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP = "test the room connections"
_DESCRIPTION = (
    "Test room connections, as the button in Airflow's web page does where it is switched on. Without conn ids: every "
    f"connection of one of the types {', '.join(BY_TYPE)}, or of a vendor that another distribution brings along, in "
    "Airflow's database and in AIRFLOW_CONN_* variables. "
    "A connection that is kept in a secrets backend cannot be listed: name it."
)
_EPILOG = "Exit code: 0 when all work, 1 when one does not, 2 when there was nothing to test."
_CONN_IDS = "connections to test (default: all room connections)"


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m airflow_provider_rooms``; the answer is the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_rooms",
        description="Video rooms for Apache Airflow.",
        epilog="The local stand-in of the vendors: python -m airflow_provider_rooms.sandbox --help",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
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
