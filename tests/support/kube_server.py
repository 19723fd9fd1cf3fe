# SPDX-License-Identifier: Apache-2.0
"""A small Kubernetes API server over TLS, for tests: lists in pages, watches with bookmarks, and faults on request.

The server answers as a real API server does. With Cluster.fault, a test replaces the next answers by faults.
"""

import http.server
import itertools
import json
import os
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

RESOURCES = {
    "/api/v1/pods": ("pods", "v1", "Pod"),
    "/api/v1/services": ("services", "v1", "Service"),
    "/api/v1/namespaces": ("namespaces", "v1", "Namespace"),
    "/api/v1/nodes": ("nodes", "v1", "Node"),
    "/apis/apps/v1/replicasets": ("replicasets", "apps/v1", "ReplicaSet"),
    "/apis/apps/v1/deployments": ("deployments", "apps/v1", "Deployment"),
    "/apis/apps/v1/statefulsets": ("statefulsets", "apps/v1", "StatefulSet"),
    "/apis/apps/v1/daemonsets": ("daemonsets", "apps/v1", "DaemonSet"),
    "/apis/batch/v1/jobs": ("jobs", "batch/v1", "Job"),
    "/apis/discovery.k8s.io/v1/endpointslices": ("endpointslices", "discovery.k8s.io/v1", "EndpointSlice"),
    "/apis/networking.k8s.io/v1/servicecidrs": ("servicecidrs", "networking.k8s.io/v1", "ServiceCIDR"),
    "/apis/networking.k8s.io/v1/networkpolicies": ("networkpolicies", "networking.k8s.io/v1", "NetworkPolicy"),
}


class Cluster:
    """The cluster's objects, and their events in the order of resource versions."""

    def __init__(self):
        self.lock = threading.Condition()
        self.version = 1000
        self.objects = {name: {} for name, _, _ in RESOURCES.values()}
        self.events = {name: [] for name in self.objects}  # (version, line)
        self.oldest = 0  # a watch from an earlier version gets status 410
        self.faults = []  # (resource, verb, function, times left)
        self.requests = []  # (path with query, headers)
        self.tokens = None  # the accepted tokens; None: any
        self.groups = {}  # installed API groups: name → versions, the preferred one first
        self.custom = {}  # path → (name, version, kind)
        self.refused_connections = 0  # requests that got 401 because of Server.expire_connections
        self.closed = False

    def install(self, group, version, plural, kind):
        """Adds a custom resource. In this module its name is PLURAL.GROUP."""
        name = f"{plural}.{group}"
        with self.lock:
            versions = self.groups.setdefault(group, [])
            if version not in versions:
                versions.append(version)
            self.objects.setdefault(name, {})
            self.custom[f"/apis/{group}/{version}/{plural}"] = (name, f"{group}/{version}", kind)
        return name

    def describe(self, group):
        """Returns the APIGroup object of an installed group."""
        versions = [{"groupVersion": f"{group}/{version}", "version": version} for version in self.groups[group]]
        return {"kind": "APIGroup", "apiVersion": "v1", "name": group, "versions": versions, "preferredVersion": versions[0]}

    def fault(self, resource, verb, function, times=1):
        """Lets `function(handler)` answer the next `times` requests with this resource and verb. None matches any resource or verb.
        In a request for an API group, the resource is the group's name, and the verb is "get"."""
        with self.lock:
            self.faults.append([resource, verb, function, times])

    def take_fault(self, resource, verb):
        with self.lock:
            for fault in self.faults:
                if fault[0] in (None, resource) and fault[1] in (None, verb) and fault[3] > 0:
                    fault[3] -= 1
                    return fault[2]
        return None

    @staticmethod
    def key(item):
        return (item["metadata"].get("namespace", ""), item["metadata"]["name"])

    def load(self, resource, items):
        """Sets objects without an event."""
        with self.lock:
            for item in items:
                self.objects[resource][self.key(item)] = item

    def change(self, resource, kind, item):
        """Changes an object, with the event ADDED, MODIFIED or DELETED (`kind`)."""
        with self.lock:
            self.version += 1
            item = json.loads(json.dumps(item))
            item["metadata"]["resourceVersion"] = str(self.version)
            if kind == "DELETED":
                self.objects[resource].pop(self.key(item), None)
            else:
                self.objects[resource][self.key(item)] = item
            self.events[resource].append((self.version, json.dumps({"type": kind, "object": item}).encode()))
            self.lock.notify_all()

    def raw_event(self, resource, line):
        """Sends a line to the watches unchanged."""
        with self.lock:
            self.version += 1
            self.events[resource].append((self.version, line))
            self.lock.notify_all()

    def drop_silently(self, resource, key):
        """Removes an object without an event."""
        with self.lock:
            self.version += 1
            self.objects[resource].pop(key)

    def forget_history(self):
        with self.lock:
            self.version += 1
            self.oldest = self.version

    def count(self, part):
        with self.lock:
            return sum(part in path for path, _ in self.requests)

    def wait_for_request(self, part, times=1, seconds=15):
        end = time.monotonic() + seconds
        while self.count(part) < times and time.monotonic() < end:
            time.sleep(0.02)
        return self.count(part) >= times


def status(code, reason, message):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": reason, "code": code}


def refuse(resource):
    """Returns a fault that answers as an API server answers if RBAC forbids the resource."""
    message = f'{resource} is forbidden: User "x" cannot list resource "{resource}" at the cluster scope'
    return lambda handler: handler.answer(403, status(403, "Forbidden", message))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, body, headers=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def begin_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def cut(self):
        """Closes the connection without an answer."""
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def do_GET(self):
        cluster = self.server.cluster
        url = urllib.parse.urlsplit(self.path)
        path = url.path[len(self.server.prefix):] if url.path.startswith(self.server.prefix) else ""
        query = dict(urllib.parse.parse_qsl(url.query))
        with cluster.lock:
            cluster.requests.append((self.path, dict(self.headers)))
            tokens = cluster.tokens
        if path == "/version":
            self.answer(200, {"major": "1", "minor": "32", "gitVersion": "v1.32.13"})
            return
        known = RESOURCES.get(path) or cluster.custom.get(path)
        group = path[len("/apis/"):] if path.startswith("/apis/") else None
        fault = cluster.take_fault(group, "get") if group and not known else None
        if fault:
            fault(self)
            return
        if group in cluster.groups:
            self.answer(200, cluster.describe(group))
            return
        if not known:
            self.answer(404, status(404, "NotFound", "the server could not find the requested resource"))
            return
        verb = "watch" if query.get("watch") in ("1", "true") else "list"
        try:
            if tokens is not None and self.headers.get("Authorization", "") not in ["Bearer " + t for t in tokens]:
                self.answer(401, status(401, "Unauthorized", "Unauthorized"))
                return
            if self.connection in self.server.expired:
                cluster.refused_connections += 1
                self.answer(401, status(401, "Unauthorized", "Unauthorized"))
                return
            self.serve = lambda: (self.watch if verb == "watch" else self.list)(known, query)
            fault = cluster.take_fault(known[0], verb)
            if fault:
                fault(self)
            else:
                self.serve()
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    def selected(self, name, query):
        """Returns the objects that the field selector matches, in the server's order."""
        items = sorted(self.server.cluster.objects[name].items(), key=lambda pair: "/".join(pair[0]))
        wanted = query.get("fieldSelector", "")
        if wanted.startswith("spec.nodeName="):
            node = wanted.split("=", 1)[1]
            items = [pair for pair in items if pair[1]["spec"].get("nodeName") == node]
        return [item for _, item in items]

    def shown(self, item, kind):
        """Returns the item, or only its metadata if the request asks for that."""
        if "as=PartialObjectMetadata" not in self.headers.get("Accept", ""):
            return item
        return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}

    def list(self, known, query):
        name, version, kind = known
        cluster = self.server.cluster
        with cluster.lock:
            items = self.selected(name, query)
            at = cluster.version
        start = int(query.get("continue", "0"))
        limit = int(query.get("limit", "0")) or len(items)
        partial = "as=PartialObjectMetadataList" in self.headers.get("Accept", "")
        metadata = {"resourceVersion": str(at)}
        if start + limit < len(items):
            metadata["continue"] = str(start + limit)
            metadata["remainingItemCount"] = len(items) - start - limit
        self.answer(200, {
            "kind": "PartialObjectMetadataList" if partial else kind + "List",
            "apiVersion": "meta.k8s.io/v1" if partial else version,
            "metadata": metadata,
            "items": [self.shown(item, kind) for item in items[start:start + limit]],
        })

    def watch(self, known, query):
        name, version, kind = known
        cluster = self.server.cluster
        seen = int(query["resourceVersion"])
        end = time.monotonic() + int(query["timeoutSeconds"])
        if seen < cluster.oldest:
            self.begin_stream()
            self.chunk(json.dumps({"type": "ERROR", "object": status(410, "Expired", "too old resource version")})
                       .encode() + b"\n")
            self.chunk(b"")
            return
        self.begin_stream()
        while time.monotonic() < end:
            with cluster.lock:
                fresh = [event for event in cluster.events[name] if event[0] > seen]
                if not fresh and not cluster.closed:
                    cluster.lock.wait(0.2)
                if cluster.closed or self.server.generation != self.generation:
                    return
            for number, line in fresh:
                seen = number
                self.chunk(line + b"\n")
            if fresh and query.get("allowWatchBookmarks") == "true":
                bookmark = {"kind": kind, "apiVersion": version, "metadata": {"resourceVersion": str(seen)}}
                self.chunk(json.dumps({"type": "BOOKMARK", "object": bookmark}).encode() + b"\n")
        self.chunk(b"")

    def setup(self):
        super().setup()
        self.generation = self.server.generation


class Server(http.server.ThreadingHTTPServer):
    """Listens on a loopback address. If `port` is 0, the kernel chooses it."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, cluster, certificate, key, port=0, prefix="", address="127.0.0.1"):
        self.cluster = cluster
        self.prefix = prefix
        self.generation = 0
        if ":" in address:
            self.address_family = socket.AF_INET6
        super().__init__((address, port), Handler)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.connections = set()
        self.expired = set()
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def require_client(self, authority):
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.load_verify_locations(authority)

    def handle_error(self, request, client_address):
        pass

    def finish_request(self, request, client_address):
        # The connection's own thread performs the handshake.
        request.settimeout(10)
        request = self.context.wrap_socket(request, server_side=True)
        request.settimeout(None)
        self.connections.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            self.connections.discard(request)

    def expire_connections(self):
        """Refuses the credentials of all requests over the present connections, as if their client certificate had expired."""
        self.expired = set(self.connections)

    def cut_all(self):
        """Cuts every connection."""
        self.generation += 1
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.shutdown()
        self.server_close()
        self.cut_all()


class Certificates:
    """A certificate authority and its certificates in a folder, made with openssl."""

    def __init__(self, folder):
        self.folder = folder
        self.serials = itertools.count(1)  # cases that run at the same time would share openssl's own file
        self.authority("ca")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def key(self, name):
        self.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path(name + ".key"))

    def authority(self, name):
        self.key(name)
        self.run("req", "-x509", "-new", "-key", self.path(name + ".key"), "-subj", "/CN=test " + name,
                 "-days", "2", "-out", self.path(name + ".crt"))

    def sign(self, name, names, authority="ca", validity=("-days", "2")):
        """Makes the certificate `name` for the alternative names ("IP:127.0.0.1,DNS:…")."""
        self.key(name)
        self.run("req", "-new", "-key", self.path(name + ".key"), "-subj", "/CN=" + name,
                 "-out", self.path(name + ".csr"))
        with open(self.path(name + ".ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=" + names + "\n")
        self.run("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path(authority + ".crt"),
                 "-CAkey", self.path(authority + ".key"), "-set_serial", str(next(self.serials)), *validity,
                 "-extfile", self.path(name + ".ext"), "-out", self.path(name + ".crt"))
        return self.path(name + ".crt"), self.path(name + ".key")
