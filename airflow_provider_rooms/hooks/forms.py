"""The forms of connections for Airflow before 3.2, which asks the hook's class for them; later ones read the provider's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.connections import field_behaviour

if TYPE_CHECKING:
    from airflow_provider_rooms.connections import ConnectionType


def behaviour_of(kind: ConnectionType) -> dict[str, Any]:
    """The form's standard fields; the one key is written otherwise there."""
    behaviour = field_behaviour(kind)
    behaviour["hidden_fields"] = behaviour.pop("hidden-fields")
    return behaviour


def widgets_of(kind: ConnectionType) -> dict[str, Any]:
    """The form's own fields."""
    from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
    from wtforms import PasswordField, StringField
    from wtforms.validators import Optional, any_of

    return {
        setting.name: (PasswordField if setting.secret else StringField)(
            setting.label,
            widget=BS3PasswordFieldWidget() if setting.secret else BS3TextFieldWidget(),
            description=setting.hint,
            # Airflow 3.1 makes a list to choose from of the second.
            validators=[Optional(), any_of(list(setting.choices))] if setting.choices else [Optional()],
            default=setting.choices[0] if setting.choices else None,
        )
        for setting in kind.fields
    }
