"""Write the schemas anew: ``python -m ecg_bench.schemas``, from the checkout."""

from pathlib import Path

from ecg_bench.files import to_json, write_whole
from ecg_bench.schemas import build_schemas

for name, schema in build_schemas().items():
    write_whole(Path(__file__).parent / f"{name}.schema.json", to_json(schema))
