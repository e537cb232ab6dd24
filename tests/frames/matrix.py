"""The stored descriptions under other versions: `python -m tests.frames.matrix FOLDER`.

Makes an environment for each pair below in FOLDER, with pip and so with a package index, and runs
the tests that compare whole descriptions to the byte. A Python that is missing is passed over.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PAIRS = (
    ("python3.11", ["pandas==2.2.*"]),
    ("python3.12", ["pandas==2.3.*", "polars==1.30.*"]),
    ("python3.13", ["pandas>=3"]),
)
NEEDED = """
polars pyarrow narwhals geopandas palmerpenguins scikit-learn vega_datasets hypothesis pytest
pytest-timeout httpx ipython ipywidgets nbformat platformdirs tenacity tornado
"""
TESTS = ["test_golden.py", "test_levels.py", "test_usefulness.py"]
HERE = Path(__file__).parent


def run_pair(python: str, packages: list[str], folder: Path) -> bool:
    """Whether the descriptions are the stored ones under one Python with these packages."""
    home = folder / "-".join([python, *packages]).translate(str.maketrans("=<>*.", "_____"))
    inside = home / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", home], check=True)
    others = [
        name for name in NEEDED.split() if not any(each.startswith(name) for each in packages)
    ]
    install = [inside, "-m", "pip", "install", "--quiet", *packages, *others]
    subprocess.run(install, check=True)
    root = HERE.parent.parent
    tests = [str(HERE.relative_to(root) / name) for name in TESTS]
    # Other versions have other warnings; the text is what counts here.
    command = [inside, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "default", *tests]
    done = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    return done.returncode == 0


def main() -> None:
    """Run every pair whose Python is installed; ends with 1 when a description differs."""
    folder = Path(sys.argv[1])
    found = {python: shutil.which(python) for python, _ in PAIRS}
    results = {
        f"{python} {' '.join(packages)}": run_pair(python, packages, folder)
        for python, packages in PAIRS
        if found[python]
    }
    for pair, same in results.items():
        print(f"{pair}: {'the same' if same else 'DIFFERENT'}")
    sys.exit(0 if results and all(results.values()) else 1)


if __name__ == "__main__":
    main()
