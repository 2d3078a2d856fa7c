"""What a page does in Chromium: what it asks for, says, looks like and lets people do."""

from __future__ import annotations

import base64
import importlib.resources
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from selenium.webdriver import Chrome

Scheme = Literal["light", "dark"]
AXE = (importlib.resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")
WRONG = """
const done = arguments[arguments.length - 1];
axe.run().then(found => done(found.violations
    .filter(each => ['serious', 'critical'].includes(each.impact))
    .map(each => each.id + ': ' + each.nodes.slice(0, 3).map(node => node.html).join(' | '))));
"""


@dataclass(frozen=True)
class Browser:
    """A Chromium with one page open; screenshots go to `output`."""

    chrome: Chrome
    output: Path

    def open(
        self, page: Path | str, *, width: int = 1280, height: int = 900, scheme: Scheme = "light"
    ) -> None:
        """Opens a page, by its path from the disk, in a narrow window as a phone does."""
        self.command(
            "Emulation.setEmulatedMedia",
            media="",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.chrome.get("about:blank")
        self._forget()
        self.chrome.get(page.as_uri() if isinstance(page, Path) else page)

    def requests(self) -> list[str]:
        """Addresses asked for since the page was opened, but for the disk."""
        sent = [
            json.loads(entry["message"])["message"] for entry in self.chrome.get_log("performance")
        ]
        urls = [
            each["params"]["request"]["url"]
            for each in sent
            if each["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in urls if not url.startswith("file:")]

    def complaints(self) -> list[str]:
        """What the console says: errors, refused resources, broken markup."""
        return [entry["message"] for entry in self.chrome.get_log("browser")]

    def barriers(self) -> list[str]:
        """What axe finds serious or critical: that which shuts people out."""
        self.chrome.execute_script(AXE)
        found: list[str] = self.chrome.execute_async_script(WRONG)
        return found

    def overflow(self) -> int:
        """How many pixels the page is wider than its window."""
        found: int = self.script("document.documentElement.scrollWidth - innerWidth")
        return found

    def script(self, expression: str) -> Any:
        return self.chrome.execute_script(f"return {expression}")

    def command(self, name: str, **parameters: object) -> Any:
        return self.chrome.execute_cdp_cmd(name, parameters)

    def screenshot(self, name: str) -> None:
        """The whole page, as far as a picture of it is of use."""
        height = min(self.script("document.documentElement.scrollHeight"), 6000)
        width = self.script("innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.command("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        (self.output / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    def printed(self, name: str) -> bytes:
        """The page on paper, as PDF."""
        data = self.command("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        pdf = base64.b64decode(data["data"])
        (self.output / f"{name}.pdf").write_bytes(pdf)
        return pdf

    def _forget(self) -> None:
        self.chrome.get_log("performance")
        self.chrome.get_log("browser")
