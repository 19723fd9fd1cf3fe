# SPDX-License-Identifier: Apache-2.0
"""A real containerd in a testbed, and pods made as a kubelet makes them."""
import glob
import importlib
import json
import os
import signal
import sys
import time
import uuid

import grpc

from testbed import IMAGE, PAUSE_IMAGE, ROOT, image_archive, run, wait_until

SERVICE = "/runtime.v1.RuntimeService/"
EXITED = 2
POD, NODE = 0, 2 # the owner of the network namespace


class Pod:
    def __init__(self, namespace, name, labels):
        self.namespace = namespace
        self.name = name
        self.uid = str(uuid.uuid4())
        self.labels = labels
        self.sandbox = None
        self.config = None


class Containerd:
    def __init__(self, bed):
        self.bed = bed
        self.socket = bed.path("c.sock")
        self.pods = []
        self.uids = set() # the UIDs of all pods so far
        self.channel = None
        self.messages = self.load_messages()
        self.write_config()
        bed.enders.append(self.end)
        self.start()
        run("ctr", "-a", self.socket, "-n", "k8s.io", "images", "import", image_archive(bed))

    def load_messages(self):
        folder = os.path.join(ROOT, "tests/support")
        run("protoc", f"--proto_path={folder}", f"--python_out={self.bed.folder}", "cri_test.proto")
        sys.path.insert(0, self.bed.folder)
        return importlib.import_module("cri_test_pb2")

    def write_config(self):
        os.makedirs(self.bed.path("cni"))
        with open(self.bed.path("cni", "10-bridge.conflist"), "w", encoding="utf-8") as file:
            json.dump({
                "cniVersion": "0.4.0",
                "name": "polecat",
                "plugins": [{
                    "type": "bridge",
                    "bridge": "pods0",
                    "isGateway": True,
                    "ipam": {
                        "type": "host-local",
                        "dataDir": self.bed.path("ipam"),
                        "ranges": [[{"subnet": "198.51.100.0/24"}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                }],
            }, file)
        with open(self.bed.path("containerd.toml"), "w", encoding="utf-8") as file:
            file.write(f"""version = 2
root = "{self.bed.path('root')}"
state = "{self.bed.path('state')}"
[grpc]
address = "{self.socket}"
[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
disable_apparmor = true
sandbox_image = "{PAUSE_IMAGE}"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{self.bed.path('cni')}"
""")

    def start(self):
        self.process = self.bed.start(
            self.bed.inside("containerd", "-c", self.bed.path("containerd.toml")), "containerd.log")
        self.channel = grpc.insecure_channel(f"unix://{self.socket}")
        if not wait_until(self.answers, 30, 0.1):
            raise RuntimeError("containerd did not start:\n" + self.bed.read("containerd.log")[-2000:])

    def answers(self):
        try:
            self.call("Status", self.messages.Empty(), None)
            return True
        except grpc.RpcError:
            return False

    def stop(self):
        self.channel.close()
        self.bed.stop(self.process)

    def call(self, method, request, answer):
        stub = self.channel.unary_unary(
            SERVICE + method, request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString if answer else lambda data: data)
        return stub(request, timeout=30)

    def run_pod(self, namespace, name, host_network=False, **labels):
        messages = self.messages
        pod = Pod(namespace, name, labels)
        pod.config = messages.PodSandboxConfig(
            metadata=messages.PodSandboxMetadata(name=name, uid=pod.uid, namespace=namespace),
            log_directory=self.bed.path("logs", f"{namespace}_{name}_{pod.uid}"),
            labels={
                **labels,
                "io.kubernetes.pod.name": name,
                "io.kubernetes.pod.namespace": namespace,
                "io.kubernetes.pod.uid": pod.uid,
            },
            linux=messages.LinuxPodSandboxConfig(
                cgroup_parent=f"/kubepods/besteffort/pod{pod.uid}",
                security_context=messages.LinuxSandboxSecurityContext(
                    namespace_options=messages.NamespaceOption(network=NODE if host_network else POD))))
        self.pods.append(pod)
        self.uids.add(pod.uid)
        pod.sandbox = self.call("RunPodSandbox", messages.RunPodSandboxRequest(config=pod.config),
                                messages.RunPodSandboxResponse).pod_sandbox_id
        return pod

    def run_container(self, pod, name, *command):
        messages = self.messages
        container = self.call("CreateContainer", messages.CreateContainerRequest(
            pod_sandbox_id=pod.sandbox,
            sandbox_config=pod.config,
            config=messages.ContainerConfig(
                metadata=messages.ContainerMetadata(name=name),
                image=messages.ImageSpec(image=IMAGE),
                command=["/pod", *command],
                log_path=f"{name}/0.log",
                labels={
                    "io.kubernetes.container.name": name,
                    "io.kubernetes.pod.name": pod.name,
                    "io.kubernetes.pod.namespace": pod.namespace,
                    "io.kubernetes.pod.uid": pod.uid,
                })), messages.CreateContainerResponse).container_id
        self.call("StartContainer", messages.ContainerRequest(container_id=container), None)
        return container

    def has_exited(self, container):
        answer = self.call("ListContainers", self.messages.ListContainersRequest(
            filter=self.messages.ContainerFilter(id=container)), self.messages.ListContainersResponse)
        return all(item.state == EXITED for item in answer.containers)

    def remove_container(self, container):
        self.call("RemoveContainer", self.messages.ContainerRequest(container_id=container), None)

    def remove_pod(self, pod):
        """Removes a pod as a kubelet does when the pod is deleted."""
        request = self.messages.PodSandboxRequest(pod_sandbox_id=pod.sandbox)
        self.call("StopPodSandbox", request, None)
        self.call("RemovePodSandbox", request, None)
        self.pods.remove(pod)
        self.remove_cgroups(pod)

    def remove_cgroups(self, pod):
        for path in glob.glob(f"/sys/fs/cgroup/**/kubepods/besteffort/pod{pod.uid}", recursive=True):
            os.rmdir(path)

    def end(self):
        if self.process.poll() is not None:
            self.start()
        for pod in list(self.pods):
            try:
                if pod.sandbox:
                    self.remove_pod(pod)
            except (grpc.RpcError, OSError) as error:
                print(f"# {pod.name}: {error}")
        self.stop()
        self.end_shims()
        # Remove only empty folders, because another runtime may use the same folders.
        for path in ("kubepods/besteffort", "kubepods"):
            for folder in glob.glob(f"/sys/fs/cgroup/**/{path}", recursive=True):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass

    def end_shims(self):
        """Ends the shims of this containerd, which outlive it. Finds them in /proc by the path of the socket."""
        for folder in glob.glob("/proc/[0-9]*"):
            try:
                with open(folder + "/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if b"containerd-shim" in words[0] and self.socket.encode() in words:
                os.kill(int(os.path.basename(folder)), signal.SIGKILL)
                time.sleep(0.1)
