"""Print the computed items as JSONL."""

import json
import sys

from ecg_bench.tasks.ecg.computed import build

for row in build():
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
