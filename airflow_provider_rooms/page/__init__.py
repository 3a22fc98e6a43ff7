"""The Rooms page of Airflow's UI: a day's classes and the state of each one's room. Airflow 3.1 and later."""
