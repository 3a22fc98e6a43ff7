"""Which values are secrets, and telling Airflow's maskers about them."""
