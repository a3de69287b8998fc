"""Writes my-plugin.wasm: `python3 build.py`. The tools are installed into .venv the first time, exactly as requirements.txt pins them."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE / ".venv"
BIN = TOOLS / ("Scripts" if os.name == "nt" else "bin")


def install() -> None:
    """Installs the tools, unless the ones that are there are those wanted."""
    pinned = (HERE / "requirements.txt").read_bytes()
    stamp = TOOLS / "installed"
    digest = hashlib.sha256(pinned).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    venv.create(TOOLS, clear=True, with_pip=True)
    pip = [BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", HERE / "requirements.txt"], check=True)
    stamp.write_text(digest)


def build() -> None:
    """Makes the component."""
    tool = [BIN / "componentize-py", "--wit-path", "wit", "--world", "plugin", "componentize", "--stub-wasi"]
    subprocess.run([*tool, "-p", "src", "-p", "trellis-plugin", "my_plugin", "-o", "my-plugin.wasm"], check=True, cwd=HERE)


if __name__ == "__main__":
    try:
        install()
        build()
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
