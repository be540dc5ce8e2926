"""How smooth the Lab is on the page's own thread, measured in Chromium: a table to read, not a test.

For each run: the time from frame to frame over ten seconds, and the CPU time of the page's thread for one frame, which
other work on the machine does not lengthen; tasks longer than 50 ms after loading; and, for twenty moves of the η slider
with the mouse, the time from the input event to the first frame in which a pixel of the plot differs.

Usage: python widgets/frames.py [path of a Chromium]
"""

import os
import platform
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from eoslib.lab import STATIC, Lab  # noqa: E402
from eoslib.sphinxext import module_script  # noqa: E402

SECONDS, MOVES, WARM_UP = 10, 20, 1.5
RUNS: dict[str, tuple[dict[str, Any], str]] = {
    "gradient descent, 200 steps/s": ({}, "normal"),
    "gradient descent, as fast as it can": ({}, "as fast as it can"),
    "both flows, distance, oscillation": ({"measures": ["gradientFlow", "centralFlow", "distance", "oscillation"]}, "as fast as it can"),
    "300 digits": ({"preset": "digits"}, "as fast as it can"),
}
WATCH = """() => {
  const seen = window.seen = { frames: [], long: [], latency: [] };
  new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
  let last = performance.now();
  const frame = (now) => { seen.frames.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  const canvas = document.querySelector(".eos-plots canvas"), slider = document.querySelector(".eos-slider");
  const strip = () => {
    const { data } = canvas.getContext("2d").getImageData(canvas.width - 140, 0, 40, canvas.height);
    let hash = 0;
    for (let i = 0; i < data.length; i++) hash = (hash * 31 + data[i]) | 0;
    return hash;
  };
  slider.addEventListener("input", ({ timeStamp }) => {
    const before = strip();                                    // nothing is drawn between the event and the next frame
    const look = () => (strip() === before ? requestAnimationFrame(look) : seen.latency.push(performance.now() - timeStamp));
    requestAnimationFrame(look);
  });
}"""


def cpu(tools: CDPSession) -> float:
    """CPU seconds that the page's thread has spent in tasks."""
    return next(m["value"] for m in tools.send("Performance.getMetrics")["metrics"] if m["name"] == "TaskDuration")


def measure(page: Page, speed: str) -> dict[str, Any]:
    lab, slider = page.locator(".eos-mount"), page.locator(".eos-slider").first
    lab.get_by_label("speed").select_option(label=speed)
    page.wait_for_timeout(1000 * WARM_UP)
    page.evaluate(WATCH)
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    lab.get_by_role("button", name="Run", exact=True).click()
    before = cpu(tools)
    page.wait_for_timeout(1000 * SECONDS)
    seen: dict[str, Any] = page.evaluate("() => ({ frames: [...seen.frames], long: [...seen.long] })")
    seen["cpu"] = 1000 * (cpu(tools) - before) / len(seen["frames"])
    box = slider.bounding_box()
    assert box
    x, y = box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for _ in range(MOVES):
        x += 6
        page.mouse.move(x, y)
        page.wait_for_timeout(120)
    page.mouse.up()
    return {**seen, "latency": page.evaluate("() => seen.latency")}


def main(chromium: str | None) -> None:
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'run':38} {'steps':>6}  frame p50  p95      CPU a frame  long tasks           η to pixel: median  worst")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (state, speed) in RUNS.items():
            file = Path(folder) / "page.html"
            scripts = [module_script("lab").replace("</", "<\\/"), (STATIC / "eos-mount.js").read_text("utf-8")]
            file.write_text(
                f'<!doctype html><meta charset="utf-8"><body>{Lab.static_html({**state, "max_steps": 100_000})}' + "".join(f"<script>{script}</script>" for script in scripts),
                encoding="utf-8",
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(file.as_uri())
            page.wait_for_selector("[data-eos-ready]")
            seen = measure(page, speed)
            steps = int(page.locator(".eos-mount").get_attribute("data-steps") or 0)
            frames, latency = statistics.quantiles(seen["frames"], n=20), seen["latency"]
            mean, long = seen["cpu"], f"{len(seen['long'])} (longest {max(seen['long'], default=0):.0f} ms)"
            print(f"{name:38} {steps:6}  {frames[9]:6.1f} ms {frames[18]:5.1f} ms  {mean:5.2f} ms     {long:20} {statistics.median(latency):6.1f} ms {max(latency):9.1f} ms")
            page.close()
        print(f"Chromium {browser.version}, load {os.getloadavg()[0]:.1f}")
        browser.close()


if __name__ == "__main__":
    names = ("chromium", "chromium-browser", "google-chrome")
    main(sys.argv[1] if len(sys.argv) > 1 else next(filter(None, map(shutil.which, names)), None))
