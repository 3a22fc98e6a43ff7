"""BigBlueButton for airflow-provider-rooms."""

__version__ = "0.1.0"
