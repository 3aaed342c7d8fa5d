"""One thread per process; no look into modules that import torch where it is not installed."""

import importlib.util
import os
import re
from pathlib import Path

# before anything imports NumPy: the threads of BLAS and torch wait for each other longer than the
# small arrays here take to multiply (five times the processor time), and workers share the cores
os.environ.setdefault("OMP_NUM_THREADS", "1")

HERE = Path(__file__).parent

collect_ignore = (
    []
    if importlib.util.find_spec("torch")
    else [
        str(path.relative_to(HERE))
        for path in HERE.glob("neurosim/**/*.py")
        if re.search(r"^(import|from) torch\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
)
