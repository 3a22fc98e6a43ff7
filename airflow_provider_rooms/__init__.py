"""Video rooms for Apache Airflow, at several vendors.

Nothing of Airflow is imported here: provider discovery imports this package before Airflow is configured.
"""

__version__ = "0.1.0"
