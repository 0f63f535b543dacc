"""A headless browser for tests of pages; needs chromium and chromedriver."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

__all__ = ["CHROMIUM", "DRIVER", "Browser"]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
WATCH = """
window.complaints = [];
addEventListener("securitypolicyviolation",
                 (event) => complaints.push(`${event.violatedDirective} ${event.blockedURI}`));
addEventListener("error", (event) => complaints.push(`error ${event.message}`));
"""


class Browser:
    """A headless browser, driven through the WebDriver protocol with the standard library."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._address = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [str(DRIVER), f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait()
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}"]
        asked = {
            "goog:chromeOptions": {"binary": CHROMIUM, "args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": asked}})
        self._address += f"/session/{made['sessionId']}"
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def _wait(self) -> None:
        for _ in range(100):
            try:
                if self._call("GET", "/status")["ready"]:
                    return
            except (URLError, ConnectionError):
                time.sleep(0.1)
        raise TimeoutError("chromedriver does not answer")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self._address}{path}", data, headers, method=method)  # noqa: S310
        with urlopen(request, timeout=60) as answer:  # noqa: S310  (our own process)
            return json.load(answer)["value"]

    def close(self) -> None:
        """End the browser and its driver."""
        try:
            self._call("DELETE", "")
        finally:
            self._process.terminate()
            self._process.wait(10)

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a file, new even where only the part after # differs."""
        self._call("POST", "/url", {"url": "about:blank"})
        self._call("POST", "/url", {"url": f"{path.as_uri()}{fragment}"})

    def ask(self, script: str, *arguments: Any) -> Any:
        """Return what the body of a function returns in the page."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def answer(self, script: str) -> Any:
        """Return what the body of a function passes to its last argument, when it does."""
        return self._call("POST", "/execute/async", {"script": script, "args": []})

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Return the answer to a command of the DevTools protocol."""
        body = {"cmd": command, "params": parameters}
        return self._call("POST", "/goog/cdp/execute", body)

    def emulate(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Set the size of the screen and whether the reader prefers dark pages."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=2, mobile=width < 500,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, top: float, height: float) -> bytes:
        """Return a part of the page as PNG."""
        width = self.ask("return innerWidth")
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        shot = self.devtools("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def complaints(self) -> list[str]:
        """Return errors, warnings and refusals since the page was opened."""
        logged = self._call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in logged] + self.ask("return window.complaints")
