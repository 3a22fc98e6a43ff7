"""Video rooms for Apache Airflow: VideoSDK, 100ms and Twilio Video.

Nothing of Airflow is imported here: provider discovery imports this package before Airflow is configured.
"""

__version__ = "0.1.0"
