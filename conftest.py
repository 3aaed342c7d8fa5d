"""Modules that import torch are not looked into where it is not installed."""

import importlib.util
from pathlib import Path

collect_ignore = (
    []
    if importlib.util.find_spec("torch")
    else [
        str(path.relative_to(Path(__file__).parent))
        for path in Path(__file__).parent.glob("neurosim/convnet/*.py")
        if "\nimport torch\n" in path.read_text(encoding="utf-8")
    ]
)
