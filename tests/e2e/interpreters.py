"""Every Python on this machine that Galley supports, each with what Galley needs to run."""

import fcntl
import functools
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "run.txt"
VENVS = ROOT / "build" / "venvs"
OLDEST, NEWEST = 11, 15
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
LOCKED = ("--no-deps", "--require-hashes")


@functools.cache
def find_interpreters() -> dict[str, Path]:
    """Paths by version, such as "3.12.1": the running one, then others from PATH and pyenv, one for each minor."""
    found = {_version(Path(sys.executable)): Path(sys.executable)}
    for minor in range(OLDEST, NEWEST):
        if minor == sys.version_info.minor:
            continue
        on_path = shutil.which(f"python3.{minor}")
        pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
        for path in [*pyenv, *([Path(on_path)] if on_path else [])]:
            if version := _version(path):
                found[version] = path
                break
    return found


def ready_interpreter(version: str, path: Path) -> Path:
    """The Python to start: `path` itself if it is the running one, else one of a cached venv with our lock file."""
    if path == Path(sys.executable):
        return path
    venv = VENVS / version
    stamp = venv / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    VENVS.mkdir(parents=True, exist_ok=True)
    with (VENVS / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (stamp.exists() and stamp.read_text() == wanted):
            shutil.rmtree(venv, ignore_errors=True)
            _run(path, "-m", "venv", "--without-pip", venv)
            _run(*PIP, "--python", venv, "install", "--quiet", "--no-compile", *LOCKED, "-r", REQUIREMENTS)
            stamp.write_text(wanted)
    return venv / "bin" / "python"


def _version(path: Path) -> str:
    """Empty where there is a name but no Python behind it, as with pyenv's shims."""
    code = "import platform; print(platform.python_version())"
    answer = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
