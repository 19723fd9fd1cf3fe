# SPDX-License-Identifier: Apache-2.0
"""TAP, a network namespace, child processes and an image, for the tests of real container runtimes."""
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.realpath(os.environ.get("POLECAT_BUILD", os.path.join(ROOT, "build")))
POLECAT = os.path.join(BUILD, "polecat")
IMAGE = "polecat.test/pod:1"
PAUSE_IMAGE = "registry.k8s.io/pause:3.6"


class Tap:
    def __init__(self):
        self.cases = 0
        self.failed = 0

    def check(self, name, ok, why=""):
        self.cases += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.cases} - {name}", flush=True)
        if not ok and why:
            print("\n".join("# " + line for line in str(why).splitlines()[:12]), flush=True)
        return ok

    def equal(self, name, want, got):
        return self.check(name, want == got, f"wanted: {want}\ngot:    {got}")

    def done(self):
        print(f"1..{self.cases}")
        sys.exit(1 if self.failed else 0)


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def skip_if_sanitized(why):
    """Skips the test if polecat was built with a sanitizer."""
    libraries = subprocess.run(["ldd", POLECAT], capture_output=True, text=True, check=False).stdout
    if re.search("lib[at]san|libubsan", libraries):
        skip_all(why)


def environment_of(home):
    """Returns the environment of a user with this home folder, without the settings and the cluster of the user who tests."""
    return {**{key: value for key, value in os.environ.items() if not key.startswith(("KUBE", "XDG"))}, "HOME": home}


def missing(*programs):
    """Returns the first of the programs that is not installed, or None."""
    return next((program for program in programs if not shutil.which(program)), None)


def wait_until(condition, seconds=10, step=0.02):
    """Waits until the condition is true or the time is over. Returns its last result."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(step)


def run(*words, check=True, **options):
    return subprocess.run(words, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


class Testbed:
    """A folder, a network namespace without a route out, and the programs started in it. end() removes all of them."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix=f"polecat-{name}-")
        os.chmod(self.folder, 0o755)
        self.netns = f"polecat-{name}-{os.getpid()}"
        self.processes = []
        self.enders = []
        run("ip", "netns", "add", self.netns)
        self.ip("link", "set", "lo", "up")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def ip(self, *words):
        run("ip", "-n", self.netns, *words)

    def inside(self, *words):
        # Do not use `ip netns exec`, which hides the cgroup mounts behind a new /sys.
        return ["nsenter", f"--net=/run/netns/{self.netns}", *words]

    def start(self, words, log, **options):
        with open(self.path(log), "ab") as file:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, **options)
        self.processes.append(process)
        return process

    def stop(self, process, how=signal.SIGTERM, seconds=20):
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process in self.processes:
            self.processes.remove(process)
        return process.returncode

    def read(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def serve(self, address, ports):
        """Starts a server that accepts connections to these ports of a new address, until end()."""
        self.ip("address", "add", f"{address}/32", "dev", "lo")
        program = (
            "import selectors, socket, sys\n"
            "selector = selectors.DefaultSelector()\n"
            "for port in sys.argv[2:]:\n"
            "    listener = socket.create_server((sys.argv[1], int(port)), backlog=512)\n"
            "    selector.register(listener, selectors.EVENT_READ)\n"
            "print('ready', flush=True)\n"
            "while True:\n"
            "    for key, _ in selector.select():\n"
            "        key.fileobj.accept()[0].close()\n"
        )
        log = f"server-{address}"
        self.start(self.inside(sys.executable, "-c", program, address, *map(str, ports)), log)
        wait_until(lambda: "ready" in self.read(log))

    def end(self):
        for ender in reversed(self.enders):
            ender()
        for process in list(reversed(self.processes)):
            self.stop(process)
        run("ip", "netns", "delete", self.netns, check=False)
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            mounts = [line.split()[4] for line in file]
        for mount in reversed(mounts):
            if mount.startswith(self.folder + "/"):
                run("umount", "--lazy", mount, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def pod_program(bed):
    """Builds the program of the containers, linked statically. Returns its path."""
    path = bed.path("pod")
    run("gcc", "-O2", "-static", "-D_GNU_SOURCE", "-o", path, os.path.join(ROOT, "tests/tools/pod.c"))
    return path


def root_archive(bed):
    """Makes a tar that contains only the program. Returns its path."""
    path = bed.path("root.tar")
    with tarfile.open(path, "w") as tar:
        tar.add(pod_program(bed), "pod")
        for folder in ("proc", "sys", "dev", "etc", "tmp"):
            info = tarfile.TarInfo(folder)
            info.type = tarfile.DIRTYPE
            info.mode = 0o755
            tar.addfile(info)
    return path


def image_archive(bed):
    """Makes an image of the program in the format of `docker save`, with both names. Returns its path."""
    with open(root_archive(bed), "rb") as file:
        layer = file.read()
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/pod", "pause"], "Env": ["PATH=/"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": [IMAGE, PAUSE_IMAGE], "Layers": ["layer.tar"]}]).encode()
    path = bed.path("image.tar")
    with tarfile.open(path, "w") as tar:
        for entry, content in (("layer.tar", layer), (name, config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(entry)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


class Polecat:
    """A running polecat and its output."""

    def __init__(self, bed, log, *words):
        self.bed = bed
        self.log = log
        self.process = subprocess.Popen(
            [POLECAT, *words], stdin=subprocess.DEVNULL,
            stdout=open(bed.path(log + ".out"), "wb"), stderr=open(bed.path(log + ".err"), "wb"))
        bed.processes.append(self.process)

    def lines(self):
        return self.bed.read(self.log + ".out").splitlines()

    def errors(self):
        """Returns polecat's stderr, without messages about other containers and processes of this machine."""
        return "".join(line for line in self.bed.read(self.log + ".err").splitlines(True) if "--name-wait" not in line and "--host shows" not in line)

    def records(self, kind):
        lines = self.bed.read(self.log + ".out").split("\n")[:-1]
        return [record for record in map(json.loads, lines) if record["kind"] == kind]

    def end(self):
        """Ends polecat as Ctrl-C does. Returns its exit status."""
        return self.bed.stop(self.process, signal.SIGINT)
