"""One Airflow on many workers on this machine, and what is done to it: ``make fleet``, ``make fleet-outage``."""
