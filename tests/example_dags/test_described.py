"""Every example says in Airflow's page what it does, and what each of its parameters is."""

from __future__ import annotations

import pytest
from example_help import EXAMPLES

from airflow_provider_rooms.testing.airflow_versions import dag_bag

pytestmark = pytest.mark.usefixtures("airflow_db")


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.py")), ids=lambda file: file.stem)
def test_it_has_a_description_tags_and_described_params(file) -> None:  # type: ignore[no-untyped-def]
    bag = dag_bag(file)
    assert bag.dags
    for dag in bag.dags.values():
        assert dag.description
        assert len(dag.tags) == 2
        params = {name: dag.params.get_param(name) for name in dag.params}
        assert [name for name, param in params.items() if not param.description] == []
