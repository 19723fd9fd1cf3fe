# SPDX-License-Identifier: Apache-2.0
"""The libraries that a program needs, and the Debian packages that they come from.

SYSROOT is the folder with the libraries of another architecture (make sysroot), or empty.
"""
import os
import re
import subprocess

SYSROOT = os.environ.get("SYSROOT", "")
READELF = os.environ.get("READELF") or "readelf"
ARCH = os.environ.get("ARCH") or os.uname().machine


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def folders():
    """Returns the folders in which the dynamic linker looks."""
    machine = f"{ARCH}-linux-gnu"
    return [f"{SYSROOT}{folder}" for folder in (f"/usr/lib/{machine}", f"/lib/{machine}", "/usr/lib", "/lib")]


def needed(path):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output(READELF, "-d", "-W", path))


def interpreter(path):
    """Returns the path of the dynamic linker that a program names."""
    found = re.search(r"program interpreter: (.*)\]", output(READELF, "-l", "-W", path))
    return found.group(1) if found else None


def find(name):
    for folder in folders():
        if os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    raise SystemExit(f"deploy/package: the library {name} is not in {' '.join(folders())}")


def closure(program):
    """Returns {soname: path} of all libraries that a program needs, directly or not."""
    found = {}
    waiting = needed(program)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = find(name)
            waiting += needed(found[name])
    return found


def packages_of(paths):
    """Returns {(package, version): [path, …]} for files of the system or of SYSROOT."""
    owners = {}
    for path in paths:
        package, version = owner_of(path)
        owners.setdefault((package, version), []).append(path)
    return owners


def owner_of(path):
    wanted = os.path.relpath(os.path.realpath(path), os.path.realpath(SYSROOT)) if SYSROOT else ".."
    # The cross compiler's own files are outside SYSROOT.
    if not wanted.startswith(".."):
        with open(os.path.join(SYSROOT, "packages"), encoding="utf-8") as file:
            for line in file:
                package, version, name = line.split(" ", 2)
                if same_file(name.strip(), wanted):
                    return package, version
        raise SystemExit(f"deploy/package: no package of {SYSROOT} has {path}")
    # The package database has the paths from before /lib became a link to /usr/lib.
    real = os.path.realpath(path)
    for name in (real, real.removeprefix("/usr")):
        result = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False)
        if result.returncode == 0:
            package = result.stdout.split(":")[0].split(",")[0]
            return package, output("dpkg-query", "-W", "-f", "${Version}", result.stdout.split(": ")[0].split(", ")[0])
    raise SystemExit(f"deploy/package: no Debian package has {path}")


def same_file(a, b):
    return a.removeprefix("./").removeprefix("usr/") == b.removeprefix("./").removeprefix("usr/")
