"""Containers as the manifests describe them, run on this machine: the same commands, settings and probes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen

from tests.deploy.image import read_stages
from tests.e2e.rig.process import find_free_port

READ_ONLY = Path(__file__).parent / "read_only"
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1
GALLEY = [sys.executable, "-c", "from entrypoints.cli import main; main()"]


@frozen(kw_only=True)
class Container:
    """One container: its arguments to `galley`, its settings, and what stands for the image's folders here.

    Nothing but `folder`'s `data` and `tmp`, which stand for /data and /tmp, can be written.
    """

    args: list[str]
    env: Mapping[str, str]
    folder: Path
    app: Path
    port: int = field(factory=find_free_port)

    def here(self, text: str) -> str:
        """Put this machine's places for those of the image."""
        places = {
            "/app": self.app,
            "/data": self.folder / "data",
            "/tmp": self.folder / "tmp",
            ":8000": f":{self.port}",
        }
        return re.sub("|".join(places), lambda found: str(places[found[0]]), text)

    @property
    def environment(self) -> dict[str, str]:
        """What the process is started with: the image's own variables, then the manifest's."""
        image = {name: self.here(value) for name, value in read_stages()[-1].env.items() if name != "PATH"}
        own = {"GALLEY_HOST": "127.0.0.1", "GALLEY_PORT": str(self.port), "TMPDIR": self.here("/tmp")}
        emulated = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{READ_ONLY}:{self.app}",
            "READ_ONLY_EXCEPT": f"{self.folder}/data:{self.folder}/tmp",
        }
        return image | dict(self.env) | own | emulated

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        """Start it; whatever became of it, it is gone afterwards."""
        for name in ("data", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [*GALLEY, *(self.here(word) for word in self.args)],
            cwd=self.app,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def probe(self, probe: Mapping[str, Any]) -> bool:
        """Whether a probe of Kubernetes, or a health check's command, finds it well."""
        if "httpGet" in probe:
            return self.get(probe["httpGet"]["path"])[0] == 200
        command = [self.here(word) for word in probe["exec"]["command"]]
        command[0] = sys.executable if command[0] == "python" else command[0]
        return subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True).returncode == 0

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Return status and body of a GET; 0 where nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_until_well(self, process: subprocess.Popen[str], probe: Mapping[str, Any]) -> None:
        """Ask a probe until it is content.

        Raises:
            AssertionError: The process ended, or it took too long.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.probe(probe):
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                raise AssertionError(f"not well, exit code {process.returncode}: {process.communicate()[0]}")
            time.sleep(LOOK_SECONDS)

    def stop(self, process: subprocess.Popen[str]) -> tuple[int, float]:
        """Ask it to stop as the image says; return its exit code and how long that took."""
        begun = time.monotonic()
        process.send_signal(signal.Signals[read_stages()[-1].last("STOPSIGNAL").rest])
        return process.wait(PATIENCE_SECONDS), time.monotonic() - begun
