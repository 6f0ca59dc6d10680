"""Which files of the package a module needs: the imports of its source, at any depth, followed."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "pipeline"


def imported(module: str) -> set[str]:
    """The names of the package's modules that one of them imports itself."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "pipeline":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline."):
            names.add(str(node.module).split(".")[1])
    return names - {"__version__"}


def needed_files(module: str) -> set[str]:
    """All files of the package that running a verb of this module can import."""
    seen: set[str] = set()
    queue = [module, "__init__", "__main__"]
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            if name != "__init__":  # it imports the other modules only when asked for them
                queue += sorted(imported(name))
    weights = {f"pipeline/{name}.json" for name in ("grounding", "orders") if name in seen}
    return {f"pipeline/{name}.py" for name in seen} | weights
