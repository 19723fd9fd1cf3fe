# SPDX-License-Identifier: Apache-2.0
"""Support for tests of the Kubernetes source.

It makes objects and the records expected from them, runs the program against a test server, and prints results as TAP.
"""

import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from kube_server import RESOURCES, Certificates, Cluster, Server

REPOSITORY = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.abspath(sys.argv[2] if sys.argv[1:2] == ["--build"] else os.path.join(REPOSITORY, "build"))
TOOL = os.path.join(BUILD, "tests", "tools", "kube_records")

# polecat must never print these.
TOKEN = "sesame-" + "Zm9vYmFy" * 3
SECOND_TOKEN = "seconds-" + "cXV1eGJheg" * 2
PASSWORD = "opensaysme-0815"
SECRETS = [TOKEN, SECOND_TOKEN, PASSWORD, "BEGIN EC PRIVATE KEY"]

if not shutil.which("openssl"):
    print("1..0 # SKIP openssl is needed")
    sys.exit(0)

WORK = tempfile.mkdtemp(prefix="polecat-kube-")
CERTIFICATES = Certificates(WORK)
SERVER_PAIR = CERTIFICATES.sign("server", "IP:127.0.0.1,IP:::1")
outputs = []  # everything that the programs printed


# --- objects ---

def pod(name, ip="198.51.100.1", namespace="shop", uid=None, owner=None, node="node1", **changes):
    """Returns a pod as the API returns it, including fields that polecat does not read."""
    item = {
        "metadata": {
            "name": name, "namespace": namespace, "uid": uid or "uid-" + name, "resourceVersion": "7",
            "creationTimestamp": "2026-11-23T06:38:57Z", "labels": {"app": "cart", "tier": "backend"},
            "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {"f:phase": {}}}}],
        },
        "spec": {"nodeName": node, "containers": [
            {"name": "main", "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]}]},
        "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
    }
    if owner:
        item["metadata"]["ownerReferences"] = [
            {"kind": owner[0], "name": owner[1], "uid": "uid-" + owner[1], "controller": True}]
    item["metadata"].update(changes)
    return item


def owned(name, owner, namespace="shop", **selector):
    """Returns a ReplicaSet or Job with an owner."""
    item = workload(name, namespace, **selector)
    item["metadata"]["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "uid": "u", "controller": True}]
    return item


def workload(name, namespace="shop", **selector):
    """Returns a Deployment or the like with matchLabels as its selector."""
    return {"metadata": {"name": name, "namespace": namespace, "uid": "uid-" + name},
            "spec": {"selector": {"matchLabels": selector}}}


def service(name, ip, namespace="shop", **spec):
    return {"metadata": {"name": name, "namespace": namespace, "uid": "uid-" + name},
            "spec": {"type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], "selector": {"app": name},
                     "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}], **spec},
            "status": {"loadBalancer": {}}}


def endpoint_slice(name, service_name, ips, namespace="shop", port=8080):
    return {"metadata": {"name": name, "namespace": namespace, "uid": "uid-" + name,
                         "labels": {"kubernetes.io/service-name": service_name}},
            "addressType": "IPv4", "endpoints": [{"addresses": [ip], "conditions": {"ready": True}} for ip in ips],
            "ports": [{"name": "http", "protocol": "TCP", "port": port}]}


def namespace(name):
    return {"metadata": {"name": name, "uid": "uid-" + name, "labels": {"kubernetes.io/metadata.name": name}}}


def node(name, ip):
    return {"metadata": {"name": name, "uid": "uid-" + name}, "spec": {"podCIDR": "198.51.100.0/25"},
            "status": {"addresses": [{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": name}]}}


def service_cidr(name, *cidrs):
    """Returns a ServiceCIDR as the API returns it."""
    return {"metadata": {"name": name, "uid": "uid-" + name, "creationTimestamp": "2026-11-23T06:38:57Z",
                         "finalizers": ["networking.k8s.io/service-cidr-finalizer"]},
            "spec": {"cidrs": list(cidrs)},
            "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "",
                                       "message": "Kubernetes Service CIDR is ready",
                                       "lastTransitionTime": "2026-11-23T06:38:57Z"}]}}


def shop():
    """Returns a cluster with one object of each resource."""
    cluster = Cluster()
    cluster.load("namespaces", [namespace("shop")])
    cluster.load("nodes", [node("node1", "192.0.2.10")])
    cluster.load("deployments", [workload("cart", app="cart")])
    cluster.load("replicasets", [owned("cart-786bfc5cbf", ("Deployment", "cart"), app="cart")])
    cluster.load("jobs", [owned("backup-29000000", ("CronJob", "backup"))])
    cluster.load("pods", [
        pod("cart-786bfc5cbf-6k6jp", "198.51.100.12", owner=("ReplicaSet", "cart-786bfc5cbf")),
        pod("backup-29000000-x2x2x", "198.51.100.13", owner=("Job", "backup-29000000")),
    ])
    cluster.load("services", [service("cart", "203.0.113.133")])
    cluster.load("endpointslices", [endpoint_slice("cart-h6wng", "cart", ["198.51.100.12"])])
    cluster.load("servicecidrs", [service_cidr("kubernetes", "203.0.113.128/25", "2001:db8:96::/112")])
    return cluster


# --- the records expected from the objects ---

WORKLOADS = ("deployments", "replicasets", "statefulsets", "daemonsets", "jobs")


def owner_of(item):
    return next((o for o in item["metadata"].get("ownerReferences", []) if o.get("controller")), None)


def expected_pod(cluster, item):
    metadata, spec, state = item["metadata"], item["spec"], item["status"]
    owner = owner_of(item)
    if owner:
        above = {"ReplicaSet": "replicasets", "Job": "jobs"}.get(owner["kind"])
        parent = cluster.objects.get(above, {}).get((metadata["namespace"], owner["name"])) if above else None
        owner = owner_of(parent) or owner if parent else owner
    started = (state.get("startTime") or metadata["creationTimestamp"])[:-1] + ".000000000Z"
    ports = [{"name": p.get("name"), "port": p["containerPort"], "protocol": p.get("protocol", "TCP")}
             for c in spec["containers"] for p in c.get("ports", [])]
    return known({
        "v": 1, "kind": "pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"],
        "node": spec.get("nodeName"), "ips": [p["ip"] for p in state.get("podIPs", [])],
        "labels": metadata.get("labels"), "host_network": spec.get("hostNetwork"), "ports": [known(p) for p in ports],
        "owner": {"kind": owner["kind"], "name": owner["name"]} if owner else None, "phase": state.get("phase"),
        "containers": expected_containers(state), "started": started})


def expected_containers(state):
    """Returns the containers that have an id. If a container was restarted, its previous id comes first."""
    statuses = [s for key in ("init", "", "ephemeral")
                for s in state.get(key + "ContainerStatuses" if key else "containerStatuses", [])]
    return [{"name": s["name"], "id": at["containerID"].split("://")[1]} for s in statuses
            for at in (s.get("lastState", {}).get("terminated", {}), s) if at.get("containerID")]


def expected_service(cluster, item):
    metadata, spec = item["metadata"], item["spec"]
    slices = [s for key, s in sorted(cluster.objects["endpointslices"].items()) if key[0] == metadata["namespace"]
              and s["metadata"].get("labels", {}).get("kubernetes.io/service-name") == metadata["name"]]
    endpoints = [{"ip": ip, "port": p["port"], "protocol": p["protocol"], "name": p["name"]}
                 for s in slices for e in s.get("endpoints") or []
                 if e.get("conditions", {}).get("ready") is not False or e["conditions"].get("serving")
                 for ip in e["addresses"] for p in s["ports"]]
    ports = [known({"name": p.get("name"), "protocol": p["protocol"], "port": p["port"],
                    "target_port": p.get("targetPort"), "node_port": p.get("nodePort")}) for p in spec.get("ports", [])]
    return known({"v": 1, "kind": "service", "namespace": metadata["namespace"], "name": metadata["name"],
                  "type": spec["type"], "cluster_ips": spec.get("clusterIPs"), "selector": spec.get("selector"),
                  "labels": metadata.get("labels"), "ports": ports, "endpoints": endpoints})


def expected_workload(kind, item):
    metadata = item["metadata"]
    owner = owner_of(item)
    selector = item["spec"].get("selector", {})
    return known({"v": 1, "kind": "workload", "namespace": metadata["namespace"], "name": metadata["name"], "type": kind,
                  "owner": {"kind": owner["kind"], "name": owner["name"]} if owner else None,
                  "selector": selector.get("matchLabels")})


def known(fields):
    return {key: value for key, value in fields.items() if value not in (None, [], {}, "")}


def expected(cluster):
    """Maps (kind, namespace, name) to the expected record, for every object of the cluster."""
    records = [expected_pod(cluster, item) for item in cluster.objects["pods"].values()]
    records += [expected_service(cluster, item) for item in cluster.objects["services"].values()]
    records += [known({"v": 1, "kind": "namespace", "name": item["metadata"]["name"],
                       "labels": item["metadata"].get("labels")}) for item in cluster.objects["namespaces"].values()]
    records += [known({"v": 1, "kind": "node", "name": item["metadata"]["name"],
                       "ips": [a["address"] for a in item["status"]["addresses"] if a["type"] != "Hostname"],
                       "pod_cidrs": item["spec"].get("podCIDRs") or [item["spec"]["podCIDR"]]})
                for item in cluster.objects["nodes"].values()]
    records += [{"v": 1, "kind": "service_range", "name": item["metadata"]["name"],
                 "source": "ServiceCIDR " + item["metadata"]["name"], "cidrs": item["spec"]["cidrs"]}
                for item in cluster.objects["servicecidrs"].values()]
    records += [expected_workload(kind, item) for name, _, kind in RESOURCES.values() if name in WORKLOADS
                for item in cluster.objects[name].values()
                if name != "replicasets" or item["spec"].get("replicas", 1) or item.get("status", {}).get("replicas")]
    return {identity(record): record for record in records}


def identity(record):
    kind = record["kind"]
    return (record["type"] if kind == "workload" else kind, record.get("namespace", ""), record["name"])


# --- running the program ---

class Failed(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Failed(what)


class Kube:
    """A server, a configuration for it, and the program under test."""

    def __init__(self, cluster, pair=SERVER_PAIR, **server):
        self.cluster = cluster
        self.folder = tempfile.mkdtemp(dir=WORK)
        self.pair = pair
        self.server = Server(cluster, *pair, **server)
        self.process = None
        self.lines = []
        self.health = []
        self.lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        self.end()
        self.cluster.closed = True
        self.server.stop()
        if error:
            error.args = (*error.args, "health: " + " | ".join(self.health[-6:]),
                          "requests: " + " ".join(path for path, _ in self.cluster.requests[-12:]))

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def config(self, user=None, host="127.0.0.1", **cluster):
        """Writes a kubeconfig. A keyword with the value None removes the field."""
        fields = {"server": f"https://{host}:{self.server.port}{self.server.prefix}",
                  "certificate-authority": CERTIFICATES.path("ca.crt"), **cluster}
        return self.file("config", {
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "test", "user": "me"}}],
            "clusters": [{"name": "test", "cluster": {key: value for key, value in fields.items() if value}}],
            "users": [{"name": "me", "user": {"token": TOKEN} if user is None else user}]})

    def start(self, *arguments, config=True, environment=None, seconds=40):
        """Starts the program. config is True for the usual kubeconfig, a path, or None."""
        command = [TOOL, "--for", str(seconds * 1000), *arguments]
        if config:
            command += ["--kubeconfig", self.config() if config is True else config]
        env = {key: value for key, value in os.environ.items() if not key.startswith(("KUBE", "HOME"))}
        env.update(environment or {})
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=env)
        self.readers = [threading.Thread(target=self.read, args=(self.process.stdout, self.lines), daemon=True),
                        threading.Thread(target=self.read, args=(self.process.stderr, self.health), daemon=True)]
        for reader in self.readers:
            reader.start()
        return self

    def doctor(self, config):
        """Returns the lines of `polecat doctor` about the Kubernetes API."""
        result = subprocess.run([os.path.join(BUILD, "polecat"), "doctor", "--kubeconfig", config, "--no-cri",
                                 "--no-docker"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        text = (result.stdout + result.stderr).decode("utf-8", "backslashreplace")
        outputs.extend(text.splitlines())
        return "\n".join(line for line in text.splitlines() if "Kubernetes API" in line)

    def read(self, stream, lines):
        for line in stream:
            text = line.decode("utf-8", "backslashreplace").rstrip("\n")
            with self.lock:
                lines.append(text)
                outputs.append(text)

    def end(self):
        """Ends the program. Its status must be 0."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            result = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed("it did not end")
        for reader in self.readers:
            reader.join(5)
        if result != 0:
            raise Failed(f"exit status {result}")

    def records(self):
        with self.lock:
            return [json.loads(line) for line in self.lines]

    def state(self):
        """Returns the latest record of each object that is not deleted."""
        latest = {identity(record): record for record in self.records()}
        return {key: record for key, record in latest.items() if not record.get("deleted")}

    def wait(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or (self.process and self.process.poll() is not None and not condition()):
                raise Failed(f"waited in vain for {what}")
            time.sleep(0.02)

    def wait_health(self, pattern, after=0):
        """Waits for a matching health line from number `after` on. Returns the number of the line after it."""
        def find():
            with self.lock:
                return next((i + 1 for i, line in enumerate(self.health) if i >= after and re.search(pattern, line)), 0)
        self.wait(find, f"health /{pattern}/")
        return find()

    def wait_ready(self, after=0):
        return self.wait_health("^ready", after)

    def wait_state(self):
        """Waits until the records equal the cluster's objects. After a timeout, reports the differences."""
        try:
            self.wait(lambda: self.state() == expected(self.cluster), "the cluster's state")
        except Failed as error:
            have, want = self.state(), expected(self.cluster)
            wrong = [(key, have.get(key), want.get(key)) for key in sorted(set(have) | set(want))
                     if have.get(key) != want.get(key)]
            raise Failed(f"{error}: {len(wrong)} differ: {wrong[:3]}") from None


cases = []


def case(name):
    def add(function):
        cases.append((name, function))
        return function
    return add


def run_cases():
    """Runs all cases, some at the same time, and prints their results. Returns the exit status."""
    failed = 0

    def run(function):
        try:
            return True, function()
        except Failed as error:
            return False, "\n".join(str(part) for part in error.args)
        except Exception:  # pylint: disable=broad-except
            return False, traceback.format_exc()
    wanted = os.environ.get("KUBE_CASE", "")
    chosen = [pair for pair in cases if wanted in pair[0]]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = list(zip(chosen, pool.map(run, [function for _, function in chosen])))
    for number, ((name, _), (good, said)) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        for line in str(said or "").splitlines():
            print("# " + line[:2000])
        failed += not good
    leaks = sorted({secret for secret in SECRETS for line in outputs if secret in line})
    print(f"{'not ok' if leaks else 'ok'} {len(results) + 1} - no credential in all that was printed "
          f"({len(outputs)} lines)")
    print(f"1..{len(results) + 1}")
    return 1 if failed or leaks else 0


def finish():
    """Runs all cases and ends the program."""
    try:
        result = run_cases()
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
    sys.exit(result)
